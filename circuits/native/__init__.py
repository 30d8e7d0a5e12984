"""Our own engine: the whole circuit as one sparse system, stepped by TR-BDF2."""
