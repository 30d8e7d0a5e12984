"""The event-driven synapse: Eq 1-4 and Table 1 of Wan et al. 2021, in closed form between spikes.

N synapses move together: every array here has shape (synapses,), conductances are in S, times in s. A synapse feeds a
leaky membrane, tau dV/dt = -V + G(t), read at unit voltage, so V is in S as well; `leak` is that equation's exact
solution over an interval without a spike.

Source: Q. Wan et al., Adv. Intell. Syst. 2021, DOI 10.1002/aisy.202100021: Eq 1 (rise), Eq 2 (decay), Eq 3 (which of
the two), Eq 4 (the synapse without short-term plasticity), Table 1 (one 1 V, 200 us pulse, 20 trials). Eq 2 at its
beginning lies below Eq 1 at its end, as published: both exponentials have decayed for w by then.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from circuits.errors import InputError

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Rng = np.random.Generator

MATCH_WINDOW = 50e-3
"""How long after a spike the IDEAL synapse's peak is looked for [s]: the paper's t_read - t_end."""


class State(NamedTuple):
    """What a synapse remembers of its last spike; each field has shape (synapses,)."""

    time: Array
    """when it came [s]"""
    offset: Array
    """G_off, the conductance it found [S]"""
    fast: Array
    """A1 [S]"""
    slow: Array
    """A2 [S]"""
    fast_decay: Array
    """tau1 [s]"""
    slow_decay: Array
    """tau2 [s]"""


class Synapse(Protocol):
    """What a membrane needs of a synapse."""

    def rest(self, count: int) -> State:
        """State of `count` synapses that have seen no spike."""

    def leak(self, state: State, membrane: Array, start: Array, stop: Array, tau: float, rng: Rng) -> Array:
        """Membrane [S] at `stop` [s] from its value at `start`, no spike in between."""

    def fire(
        self, state: State, membrane: Array, time: Array, fired: Mask, tau: float, rng: Rng
    ) -> tuple[State, Array]:
        """State and membrane just after a spike at `time` [s] on the synapses where `fired`."""


@dataclass(frozen=True)
class Spread:
    """A quantity drawn afresh at every spike: normal, never below `floor`; all three in its unit."""

    mean: float
    deviation: float
    floor: float

    def draw(self, normal: Array) -> Array:
        """Values from standard normal numbers of the same shape."""
        return np.maximum(self.mean + self.deviation * normal, self.floor)


def _positive(name: str, value: float, unit: str) -> None:
    if not (math.isfinite(value) and value > 0):
        raise InputError(name, value, f"a finite number above 0 {unit}", f"{name} = 0.01")


@dataclass(frozen=True)
class Kernel:
    """The synapse with short-term plasticity.

    fast, slow: amplitudes A1, A2 of the two exponentials [S]
    fast_decay, slow_decay: their time constants tau1, tau2 [s]
    width: w, length of the gate pulse and of the linear rise [s]
    noise: deviation of the white noise eta of one conductance sample [S]
    noise_step: the sampling interval at which eta is white [s]
    source: where the values come from
    """

    fast: Spread
    slow: Spread
    fast_decay: Spread
    slow_decay: Spread
    width: float
    noise: float
    noise_step: float
    source: str = field(compare=False)

    def __post_init__(self) -> None:
        """Refuse what Eq 1-3 cannot take."""
        _positive("width", self.width, "s")
        _positive("noise_step", self.noise_step, "s")
        _positive("fast_decay", self.fast_decay.floor, "s")
        _positive("slow_decay", self.slow_decay.floor, "s")

    def ideal(self) -> Kernel:
        """The paper's IDEAL synapse: the same means, no deviation, no noise."""
        drawn = ("fast", "slow", "fast_decay", "slow_decay")
        still = {name: replace(getattr(self, name), deviation=0.0) for name in drawn}
        return replace(self, noise=0.0, source=f"{self.source}; IDEAL: no deviation, no noise", **still)

    def rest(self, count: int) -> State:
        """State of `count` synapses that have seen no spike: conductance 0."""
        zero = np.zeros(count)
        means = (self.fast_decay.mean, self.slow_decay.mean)
        return State(zero, zero, zero, zero, np.full(count, means[0]), np.full(count, means[1]))

    def conductance(self, state: State, time: Array) -> Array:
        """Noise-free G(t) [S] at `time` [s], not before the last spike: Eq 1 and 2, chosen by Eq 3."""
        since = time - state.time
        rise = state.offset + (state.fast + state.slow) * since / self.width
        half = state.offset / 2
        fast = (state.fast + half) * np.exp(-since / state.fast_decay)
        slow = (state.slow + half) * np.exp(-since / state.slow_decay)
        return np.where(since < self.width, rise, fast + slow)

    def leak(self, state: State, membrane: Array, start: Array, stop: Array, tau: float, rng: Rng) -> Array:
        """Membrane [S] at `stop`, exact: what is left of the linear rise, the two exponentials, eta's share."""
        begin, end = start - state.time, stop - state.time
        risen = self._rise(state, membrane, begin, np.minimum(end, self.width), tau)
        fallen = self._decay(state, risen, np.maximum(begin, self.width), end, tau)
        if self.noise == 0:
            return fallen
        return fallen + self.noise_deviation(stop - start, tau) * rng.standard_normal(len(membrane))

    def fire(
        self, state: State, membrane: Array, time: Array, fired: Mask, tau: float, rng: Rng
    ) -> tuple[State, Array]:
        """New draws and G_off = G(t) + eta where `fired`; the membrane does not jump."""
        del tau
        normal = rng.standard_normal((5, len(time)))
        fresh = State(
            time=time,
            offset=self.conductance(state, time) + self.noise * normal[0],
            fast=self.fast.draw(normal[1]),
            slow=self.slow.draw(normal[2]),
            fast_decay=self.fast_decay.draw(normal[3]),
            slow_decay=self.slow_decay.draw(normal[4]),
        )
        return State(*(np.where(fired, new, old) for new, old in zip(fresh, state, strict=True))), membrane

    def _rise(self, state: State, membrane: Array, begin: Array, end: Array, tau: float) -> Array:
        span = np.maximum(end - begin, 0.0)
        slope = (state.fast + state.slow) / self.width
        level = state.offset + slope * np.minimum(begin, self.width)
        lost = -np.expm1(-span / tau)
        return membrane + (level - membrane) * lost + slope * (span - tau * lost)

    def _decay(self, state: State, membrane: Array, begin: Array, end: Array, tau: float) -> Array:
        span = np.maximum(end - begin, 0.0)
        half = state.offset / 2
        fast = (state.fast + half) * np.exp(-begin / state.fast_decay) * _overlap(span, tau, state.fast_decay)
        slow = (state.slow + half) * np.exp(-begin / state.slow_decay) * _overlap(span, tau, state.slow_decay)
        return membrane * np.exp(-span / tau) + fast + slow

    def noise_deviation(self, span: Array, tau: float) -> Array:
        """Deviation [S] that eta, constant over each noise_step, leaves on the membrane after `span` [s]."""
        kept = math.exp(-self.noise_step / tau)
        stationary = self.noise**2 * (1 - kept) / (1 + kept)
        return np.sqrt(-stationary * np.expm1(-2 * span / tau))


@dataclass(frozen=True)
class Impulse:
    """NO-STP, Eq 4: every spike is a Dirac pulse of `weight` k [S s], after which the membrane stands k/tau higher."""

    weight: float

    def __post_init__(self) -> None:
        """Refuse a synapse that does nothing."""
        _positive("weight", self.weight, "S s")

    def rest(self, count: int) -> State:
        """An Impulse remembers nothing; the fields are there for the membrane's sake."""
        zero = np.zeros(count)
        return State(zero, zero, zero, zero, zero, zero)

    def leak(self, state: State, membrane: Array, start: Array, stop: Array, tau: float, rng: Rng) -> Array:
        """Membrane [S] at `stop`: an exponential decay."""
        del state, rng
        return membrane * np.exp(-(stop - start) / tau)

    def fire(
        self, state: State, membrane: Array, time: Array, fired: Mask, tau: float, rng: Rng
    ) -> tuple[State, Array]:
        """The membrane jumps by k/tau where `fired`."""
        del time, rng
        return state, membrane + np.where(fired, self.weight / tau, 0.0)


def _overlap(span: Array, tau: float, decay: Array) -> Array:
    """(1/tau) * integral over u in [0, span] of exp(-(span - u)/tau) exp(-u/decay): finite also where decay = tau."""
    leak, fade = span / tau, span / decay
    gap = np.abs(leak - fade)
    ratio = np.divide(-np.expm1(-gap), gap, out=np.ones_like(gap), where=gap > 0)
    return leak * np.exp(-np.minimum(leak, fade)) * ratio


def matched_weight(kernel: Kernel, tau: float, window: float = MATCH_WINDOW) -> float:
    """Weight k [S s] of an Impulse whose peak after one spike is the IDEAL synapse's highest within `window` [s]."""
    ideal = kernel.ideal()
    rng = np.random.default_rng(0)
    zero = np.zeros(1)
    state, membrane = ideal.fire(ideal.rest(1), zero, zero, np.ones(1, dtype=bool), tau, rng)

    def drop(time: float) -> float:
        return -float(ideal.leak(state, membrane, zero, np.array([time]), tau, rng)[0]) / kernel.fast.mean

    best = minimize_scalar(drop, bounds=(0.0, window), method="bounded", options={"xatol": 1e-9 * window})
    return -min(float(best.fun), drop(window)) * kernel.fast.mean * tau


wan2021_kernel = Kernel(
    fast=Spread(0.57e-6, 0.27e-6, 1e-9),
    slow=Spread(0.50e-6, 0.05e-6, 1e-9),
    fast_decay=Spread(5e-3, 2e-3, 0.1e-3),
    slow_decay=Spread(92e-3, 18e-3, 0.1e-3),
    width=200e-6,
    noise=0.11e-6,
    noise_step=0.1e-3,
    source="Wan et al. 2021, DOI 10.1002/aisy.202100021, Table 1, amplitudes read as uS; floors and noise_step assumed",
)
"""Table 1 of the paper: one 1 V, 200 us pulse on the self-gate."""

PAPER_WEIGHTS = {10e-3: 4.3e-9, 100e-3: 16.7e-9}
"""The paper's k [S s] (Fig 6f, 6g: 4.3 and 16.7, read as uS ms) by membrane time constant [s]."""
