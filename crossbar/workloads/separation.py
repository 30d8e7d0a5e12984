"""The paper's benchmark (Fig 6): how well one membrane reading tells apart spike trains that end in the same spike.

Where section 2.5 of Wan et al. 2021 (DOI 10.1002/aisy.202100021) leaves parts open, this is the reading that puts all
six published figures inside the 95 % interval of a single run. The ratio to the synapse without short-term plasticity
is a ratio to what a spike leaves on the membrane after `pause`, exp(-pause/tau) and less: it depends on that choice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from crossbar.spiking import membrane, poisson_trains, separability
from crossbar.synapse import Array, Synapse


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


def trains(rng: np.random.Generator, protocol: Protocol = FIGURE_6) -> Array:
    """The spikes of every class [s], the one that ends them all among them; (classes, spikes), filled up with inf."""
    drawn = poisson_trains(protocol.rate, protocol.duration, protocol.classes, rng)
    return np.sort(np.concatenate([drawn, np.full((protocol.classes, 1), protocol.end)], axis=1), axis=1)


def separation(synapse: Synapse, tau: float, rng: np.random.Generator, protocol: Protocol = FIGURE_6) -> float:
    """Separability [S] of one run on a membrane of `tau` [s]; a single run scatters by up to a quarter."""
    return float(separations(synapse, trains(rng, protocol), [protocol.pause], tau, rng, protocol)[0])


def separations(
    synapse: Synapse, spikes: Array, pauses: ArrayLike, tau: float, rng: np.random.Generator, protocol: Protocol
) -> Array:
    """Separability [S] of a run on trains that `trains` made, for each of `pauses` [s], ascending; shape (pauses,)."""
    shown = np.repeat(spikes, protocol.presentations, axis=0)
    values = membrane(synapse, shown, protocol.end + np.asarray(pauses, float), tau, rng)
    parted = values.reshape(protocol.classes, protocol.presentations, -1)
    return np.array([separability(parted[..., k]) for k in range(parted.shape[-1])])
