"""Two families of crossing lines with a conductance at every crossing: exact reads and port matrices."""
