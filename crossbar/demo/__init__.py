"""The main job, end to end: tactile spikes, a read-out on programmed tiles, and what all of it costs."""
