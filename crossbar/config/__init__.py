"""Experiments as files: TOML in, every error at once, or an array and the operations on it."""

from crossbar.config.experiment import Experiment, load, parse, validate
from crossbar.config.problems import ConfigurationError

__all__ = ["ConfigurationError", "Experiment", "load", "parse", "validate"]
