"""Results as plain values: what --json prints and the JSON files hold; energies, times and the like name their unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from crossbar import __version__
from crossbar.evaluation.hardware import Hardware
from crossbar.evaluation.metrics import neurobench
from crossbar.evaluation.study import CAUSES, Evaluation
from crossbar.evaluation.sweeps import Point
from crossbar.mapping.methods import WriteVerify
from crossbar.mapping.network import MappedNetwork
from crossbar.mapping.programming import Programmed
from crossbar.mapping.report import mapping_report
from crossbar.networks.network import Network
from crossbar.workloads.statistics import Accuracy


@dataclass(frozen=True)
class Source:
    """Where a network came from: its file's name, what was mended, what one should know."""

    name: str
    repairs: tuple[str, ...]
    remarks: tuple[str, ...]


PER = {
    "program": "all tiles, once, mean of the trials",
    "spike": "one inference, mean",
    "read": "one inference, mean",
    "convert": "one inference",
    "neuron": "one inference",
}
"""What each energy is for."""


def network_values(source: Source, network: Network) -> dict[str, Any]:
    """What was read from the file."""
    return {
        "network": source.name,
        "timing": asdict(network.timing),
        "repairs": list(source.repairs),
        "remarks": list(source.remarks),
        "layers": {
            name: {"kind": layer.kind, "inputs": layer.matrix.shape[0], "outputs": layer.matrix.shape[1]}
            for name, layer in network.layers.items()
        },
    }


def mapping_values(mapping: MappedNetwork, hardware: Hardware) -> dict[str, Any]:
    """Tiles and what is on them."""
    report, scheme = mapping_report(mapping), mapping.scheme
    return {
        "tiles": report.tiles,
        "tile_shape": list(report.shape),
        "devices": report.devices,
        "utilisation": report.utilisation,
        "scheme": {
            "kind": scheme.kind,
            "scale_per": scheme.scale_per,
            "states": scheme.states,
            "clip_percent": scheme.clip,
            "bias": scheme.bias,
            "window_S": [scheme.window.low, scheme.window.high],
        },
        "compensated": hardware.raised > 1,
        "by_layer": {
            name: {
                "inputs": layer.shape[0],
                "outputs": layer.shape[1],
                "blocks": layer.blocks,
                "devices": layer.devices,
                "largest_over_deviation": layer.stretch.tolist(),
            }
            for name, layer in report.layers.items()
        },
    }


def programming_values(written: Programmed) -> dict[str, Any]:
    """How tiles were written, and what that took."""
    method, totals = written.method, written.totals
    return {
        "method": "write_verify" if isinstance(method, WriteVerify) else "open_loop",
        "tolerance": method.tolerance if isinstance(method, WriteVerify) else None,
        "device_to_device": method.device_to_device,
        "model": written.model,
        "pulses": totals["pulses"],
        "energy_J": totals["energy"],
        "time_s": totals["time"],
        "rounds": written.rounds,
        "unfinished": written.unfinished,
    }


def shares(found: Accuracy) -> dict[str, float]:
    """A share with its interval."""
    return {"mean": found.mean, "low": found.low, "high": found.high}


def evaluation_values(found: Evaluation, points: Sequence[Point]) -> dict[str, Any]:
    """Everything that an evaluation found."""
    trials, best, floating = found.trials, found.accuracy(), found.accuracy("float")
    return {
        "samples": found.right["float"].shape[1],
        "trials": trials.count,
        "seed": trials.seed,
        "accuracy": best.mean,
        "accuracy_interval": [best.low, best.high],
        "accuracy_float": floating.mean,
        "accuracy_float_interval": [floating.low, floating.high],
        "accuracy_by_cause": {cause: shares(found.accuracy(cause)) for cause in CAUSES if cause in found.right},
        "ideal_spikes_differing": found.differing,
        "stp": dict(trials.stp),
        "cautions": list(found.cautions),
        "energy_J": found.energy,
        "energy_per": PER,
        "inference_energy_J": found.inference_energy,
        "latency_s": found.latency,
        "synaptic_events": found.events,
        "spikes": found.spikes,
        "neurobench": neurobench(found),
        "costs": asdict(trials.hardware.costs),
        "read_noise_S": trials.hardware.noise,
        "ir_drop": trials.hardware.ir_drop,
        "sweeps": [{"axis": p.axis, "value": p.value, "curve": p.curve} | shares(p.accuracy) for p in points],
        "version": __version__,
    }


def joined(*parts: Mapping[str, Any]) -> dict[str, Any]:
    """Parts as one object."""
    return {name: value for part in parts for name, value in part.items()}
