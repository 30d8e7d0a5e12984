"""The paper reproduced: an experiment for each figure, a band for each claim, and where the claims pull apart."""
