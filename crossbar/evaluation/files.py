"""The folders of `liwes map` and `liwes evaluate`: reports, plots, tables, labelled results."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from crossbar import report, results
from crossbar.evaluation.figures import evaluation_pictures, mapping_pictures
from crossbar.evaluation.hardware import Hardware
from crossbar.evaluation.page import evaluation_page, mapping_page
from crossbar.evaluation.study import Evaluation
from crossbar.evaluation.summary import (
    Source,
    evaluation_values,
    joined,
    mapping_values,
    network_values,
    programming_values,
)
from crossbar.evaluation.sweeps import Point
from crossbar.folder import filled
from crossbar.mapping.bridge import rewritten
from crossbar.mapping.chip import Chip
from crossbar.mapping.programming import Programmed
from crossbar.mapping.table import write_table
from crossbar.networks.network import Network
from crossbar.networks.save import write_nir
from crossbar.results import Quantity, Results
from crossbar.workloads.patterns import Samples


def publish_mapping(
    source: Source, network: Network, written: Programmed, chip: Chip, hardware: Hardware, seed: int, folder: Path
) -> dict[str, Any]:
    """Write everything of a mapping into `folder`, all or nothing; the figures as they were written.

    chip: what the written tiles' reads see, which the network that is left there computes with
    Raises OutcomeError when the disk is full or read-only.
    """
    mapping = written.mapping
    with filled(folder) as draft:
        pictures = mapping_pictures(written, chip)
        _write(draft, pictures)
        write_table(mapping, written.pulses, draft / "devices.csv")
        write_nir(rewritten(network, chip.matrices), draft / "mapped.nir")
        page = mapping_page(source, network, written, hardware, seed, pictures)
        (draft / "report.html").write_text(report.html(page), encoding="utf-8")
        values = joined(
            network_values(source, network),
            mapping_values(mapping, hardware),
            {"programming": programming_values(written), "seed": seed},
        )
        (draft / "map.json").write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")
    return values


def publish_evaluation(
    source: Source, data: str, samples: Samples, found: Evaluation, points: Sequence[Point], folder: Path
) -> dict[str, Any]:
    """Write everything of an evaluation into `folder`, all or nothing; the figures as they were written.

    Raises OutcomeError when the disk is full or read-only.
    """
    values = joined(
        network_values(source, found.network),
        {"data": data},
        mapping_values(found.written.mapping, found.trials.hardware),
        {"programming": programming_values(found.written)},
        evaluation_values(found, points),
    )
    with filled(folder) as draft:
        pictures = evaluation_pictures(found, points)
        _write(draft, pictures)
        page = evaluation_page(source, data, found, points, pictures)
        (draft / "report.html").write_text(report.html(page), encoding="utf-8")
        results.save(labelled(source, data, samples, found, values), draft / "results.nc")
        (draft / "evaluate.json").write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")
    return values


def _write(draft: Path, pictures: Mapping[str, bytes]) -> None:
    for file, content in pictures.items():
        (draft / file).write_bytes(content)


def labelled(source: Source, data: str, samples: Samples, found: Evaluation, values: Mapping[str, Any]) -> Results:
    """Answers, energies and devices with axes, units and meaning."""
    cell, answer = ("tile", "row", "column"), ("trial", "sample")
    written, inferences = found.written, found.inferences
    quantities = {
        "right": Quantity(
            found.right["noise"].astype(np.int8), answer, "1", "answered right on the tiles, with everything"
        ),
        "right_written": Quantity(found.right["written"].astype(np.int8), answer, "1", "the same without noise"),
        "right_float": Quantity(found.right["float"][0].astype(np.int8), ("sample",), "1", "right in floating point"),
        "read_energy": Quantity([one.read for one in inferences], answer, "J", "energy of a sample's array reads"),
        "spikes": Quantity([one.spikes for one in inferences], answer, "1", "spikes that the network's neurons fired"),
        "target": Quantity(written.mapping.targets, cell, "S", "conductance wanted"),
        "conductance": Quantity(written.conductances, cell, "S", "conductance of the first trial's devices"),
        "pulses": Quantity(written.pulses, cell, "1", "pulses each of them took"),
        "energy": Quantity(
            list(found.energy.values()), ("part",), "J", "energy: program once, the others an inference"
        ),
    }
    coordinates = {
        "part": Quantity(list(found.energy), ("part",), "1", "what the energy went into"),
        "label": Quantity(samples.labels, ("sample",), "1", "class of the sample"),
    }
    configuration = {
        "network": source.name,
        "timing": asdict(found.network.timing),
        "hardware": found.trials.hardware.decisive,
        "stp": dict(found.trials.stp),
        "trials": found.trials.count,
    }
    about = {"source": data, "summary": json.dumps(values)}
    return Results(f"{source.name} on LiWES tiles", quantities, configuration, found.trials.seed, coordinates, about)
