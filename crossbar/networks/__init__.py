"""Spiking networks from NIR files: read safely, mended where that is sure, run bit for bit, written back."""
