"""The tactile task: the Braille set where it can be had, else generated patterns, neither under the other's name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from crossbar.workloads import braille, poisson
from crossbar.workloads.patterns import Patterns


def load_tactile(folder: Path, rng: np.random.Generator) -> Patterns:
    """The Braille set from `folder`, fetched on first use; without network generated patterns, whose `source` says so.

    Raises DataError when a file in `folder` is damaged: that is never papered over with generated data.
    """
    if (folder / braille.PARSED).exists():
        return braille.load(folder)
    fetched = braille.fetch(folder)
    if fetched.there:
        return braille.load(folder)
    patterns = poisson.generate(rng)
    return replace(patterns, source=f"{patterns.source}: the Braille set was not fetched ({fetched.reason})")
