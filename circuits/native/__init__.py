"""Our own engine: nodes as one sparse system, devices solved where they stand, steps of fourth order."""
