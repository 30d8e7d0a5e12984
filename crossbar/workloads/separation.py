"""The paper's benchmark (Fig 6): how well one membrane reading tells apart spike trains that end in the same spike.

Where section 2.5 of Wan et al. 2021 (DOI 10.1002/aisy.202100021) leaves parts open, this is the reading that puts all
six published figures inside the 95 % interval of a single run. The ratio to the synapse without short-term plasticity
is a ratio to what a spike leaves on the membrane after `pause`, exp(-pause/tau) and less: it depends on that choice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crossbar.spiking import membrane, poisson_trains, separability
from crossbar.synapse import Synapse


@dataclass(frozen=True)
class Protocol:
    """One run: `classes` trains of `rate` [Hz] on [0, duration] [s], each shown `presentations` times.

    end: time of the spike that ends every train [s]
    pause: from that spike to the read [s]
    """

    classes: int = 50
    presentations: int = 10
    rate: float = 10.0
    duration: float = 500e-3
    end: float = 505e-3
    pause: float = 50e-3


FIGURE_6 = Protocol()


def separation(synapse: Synapse, tau: float, rng: np.random.Generator, protocol: Protocol = FIGURE_6) -> float:
    """Separability [S] of one run on a membrane of `tau` [s]; a single run scatters by up to a quarter."""
    trains = poisson_trains(protocol.rate, protocol.duration, protocol.classes, rng)
    ended = np.concatenate([trains, np.full((protocol.classes, 1), protocol.end)], axis=1)
    shown = np.repeat(np.sort(ended, axis=1), protocol.presentations, axis=0)
    values = membrane(synapse, shown, [protocol.end + protocol.pause], tau, rng)
    return separability(values.reshape(protocol.classes, protocol.presentations))
