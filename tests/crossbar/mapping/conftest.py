"""The recurrent Braille network of the NIR paper, run by its own few lines: what a mapping is measured with."""

from __future__ import annotations

import io
import tarfile
from dataclasses import dataclass

import h5py
import numpy as np
import pytest

from crossbar.workloads import braille
from crossbar.workloads.cache import cache_folder

GRAPH = "nir-1.0.3/paper/03_rnn/braille_noDelay_bias_zero.nir"
STEP = 1e-4  # s; the NIR paper's convention


@dataclass(frozen=True, eq=False)
class Network:
    """Layers as (weights, bias); decay factors of synapse and membrane; spikes (samples, steps, inputs); labels."""

    layers: dict[str, tuple[np.ndarray, np.ndarray]]
    decays: dict[str, tuple[np.float32, np.float32]]
    spikes: np.ndarray
    labels: np.ndarray

    def accuracy(self, matrices, samples=slice(None), readers=None):
        """Share of right samples on these layers, or with callables in place of their products."""
        products = readers or {name: lambda x, layer=layer: x @ layer[0] for name, layer in matrices.items()}
        sums = {name: lambda x, n=name: products[n](x) + matrices[n][1] for name in matrices}
        counts, _ = run(self, sums, self.spikes[samples])
        return float(np.mean(counts.argmax(axis=1) == self.labels[samples]))


def run(network, sums, spikes):
    """Spike counts (samples, outputs) and hidden spikes (steps, samples, hidden); I' = a I + x, v' = b v + I'."""
    (a, b), (a_out, b_out) = network.decays["lif1.lif"], network.decays["lif2"]
    samples, steps, _ = spikes.shape
    driven = sums["fc1"](spikes.reshape(samples * steps, -1)).reshape(samples, steps, -1)
    current = np.zeros_like(driven[:, 0])
    voltage, spike, hidden = current.copy(), current.copy(), []
    current_out = np.zeros((samples, 7), np.float32)
    voltage_out, counts = current_out.copy(), current_out.copy()
    for step in range(steps):
        current = a * current + (driven[:, step] + sums["lif1.w_rec"](spike))
        voltage = b * voltage + current
        spike = (voltage > 1).astype(np.float32)
        voltage = np.where(spike > 0, np.float32(0), voltage)
        hidden.append(spike)
        current_out = a_out * current_out + sums["fc2"](spike)
        voltage_out = b_out * voltage_out + current_out
        out = voltage_out > 1
        voltage_out = np.where(out, np.float32(0), voltage_out)
        counts += out
    return counts, np.array(hidden)


@pytest.fixture(scope="session")
def net():
    folder = cache_folder()
    if not (fetched := braille.fetch(folder)).there:
        pytest.skip(f"the Braille set was not fetched: {fetched.reason}")
    patterns = braille.load(folder)
    spikes, labels = (
        np.concatenate([getattr(part, name) for part in (patterns.validation, patterns.test)])
        for name in ("spikes", "labels")
    )
    with tarfile.open(folder / braille.ARCHIVE, "r:gz") as archive:
        stream = archive.extractfile(GRAPH)
        assert stream is not None
        content = stream.read()
    with h5py.File(io.BytesIO(content)) as file:
        nodes = file["node/nodes"]
        layers = {n: (nodes[n]["weight"][()].T.copy(), nodes[n]["bias"][()]) for n in ("fc1", "lif1.w_rec", "fc2")}
        decays = {
            n: (np.float32(1 - STEP / nodes[n]["tau_syn"][0]), np.float32(1 - STEP / nodes[n]["tau_mem"][0]))
            for n in ("lif1.lif", "lif2")
        }
    return Network(layers, decays, spikes.astype(np.float32), labels)
