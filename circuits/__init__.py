"""Devices, netlists and the engines that solve them; knows no arrays."""
