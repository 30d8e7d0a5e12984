"""What the arrays are put to: data sets, the paper's benchmark, a classifier on conductances."""
