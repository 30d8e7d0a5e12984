"""Calibrating a device: from a measured curve to parameter values with intervals."""
