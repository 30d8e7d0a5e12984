"""ngspice through PySpice, in a child process: the reference the native engine is held to."""

from circuits.ngspice.engine import available, operating_point, simulate
from circuits.ngspice.process import Found, Limits, Worker

__all__ = ["Found", "Limits", "Worker", "available", "operating_point", "simulate"]
