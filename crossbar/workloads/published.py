"""The NIR paper's graphs, and what platforms recorded when they ran them: the reference that runs are held against.

Source: Pedersen et al., Nat. Commun. 2024, DOI 10.1038/s41467-024-52259-9; its folder is in the source distribution of
`nir` (BSD-3) that `braille.fetch` puts into the cache. This project holds none of it.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from circuits.errors import DataError
from circuits.files import drafted
from crossbar.workloads.braille import ARCHIVE, check_archive
from crossbar.workloads.torchfile import DAMAGE, INSTEAD

Array = NDArray[Any]

TOP = "nir-1.0.3/paper/"
GRAPHS: Mapping[str, tuple[str, str]] = {
    "lif_norse": (
        "01_lif/lif_norse.nir",
        "0dd9143ef624892d4a6461f474d93653a337b3490a62e23ec9ec5d18fde9b7b6",
    ),
    "lif_rockpool": (
        "01_lif/lif_rockpool.nir",
        "f493a2cd00e20be6305acd7808faa1d4558993c91f3af43454bf637371e543d6",
    ),
    "two_lif": (
        "01_lif/debug_spike_representation/two_lif_neurons.nir",
        "806c7c1cfae72b5be92ce15a670f37014b82a5d4fba8a077efce46d193c21a82",
    ),
    "cnn": (
        "02_cnn/cnn_sinabs.nir",
        "e2fa55bda7aab5a772485e1b690358bcb825b303eca7dc426e3973937fcb5bcb",
    ),
    "braille_zero": (
        "03_rnn/braille_noDelay_bias_zero.nir",
        "f1aab3ce74024e7feac508a03b04c58d483ee3a01e293dba4b53d0b519b8650e",
    ),
    "braille_subtract": (
        "03_rnn/braille_noDelay_noBias_subtract.nir",
        "14f59e0903d76437be3cb23d7e4be6b4e08ea476e482f7478dbb4592b29377d3",
    ),
    "braille_zero_nested": (
        "03_rnn/extras/braille_noDelay_bias_zero_subgraph.nir",
        "58132a83a42d614b411948a9f2bc9817e648577b58b70b5b2c4c86021d437a1b",
    ),
    "braille_subtract_nested": (
        "03_rnn/extras/braille_noDelay_noBias_subtract_subgraph.nir",
        "8038ab6b095554950ec966da0f9cb72d5a97593afd6bb4b37a7887c4bfd81b9a",
    ),
}
"""Where in the archive each graph is, and its SHA-256."""

ARRAYS: Mapping[str, str] = {
    "braille_zero": "03_rnn/snntorch_activity_noDelay_bias_zero.npy",
    "braille_subtract": "03_rnn/snntorch_activity_noDelay_noBias_subtract.npy",
    "cnn_input": "02_cnn/cnn_numbers.npy",
    "cnn_norse": "02_cnn/Norse_activity.npy",
    "cnn_nengo": "02_cnn/nengo_activity.npy",
    "cnn_lava": "02_cnn/Lava_activity.npy",
    "cnn_spyx": "02_cnn/spyx_activity.npy",
    "lif_norse": "01_lif/lif_norse.csv",
    "lif_snntorch": "01_lif/lif_snntorch.csv",
    "lif_nengo": "01_lif/lif_nengo.csv",
    "lif_spyx": "01_lif/lif_spyx.csv",
    "lif_lava": "01_lif/lif_lava_cpu_float.csv",
    "lif_rockpool": "01_lif/lif_rockpool.csv",
    "lif_sinabs": "01_lif/lif_sinabs.csv",
}
"""Where in the archive each recording is: spikes of the first neurons of a graph; for lif_*, input, membrane and spike
of every step."""

KEPT = "recorded-nir-1.0.3.npz"
KEPT_SHA256 = "29aeedf7d7b107d0fe79187e50197f0d2b236dd908cbaa78218e062a040914d9"
"""Of the recordings, see `digest`."""


def graph(folder: Path, name: str) -> Path:
    """The file of one of the GRAPHS in the cache `folder`, taken out of the archive there when it is not yet.

    Raises DataError when the archive is missing, or when it or the graph is not what its checksum says.
    """
    member, wanted = GRAPHS[name]
    path = folder / "graphs-nir-1.0.3" / f"{name}.nir"
    if not path.is_file():
        path.parent.mkdir(exist_ok=True)
        for other, content in _contents(folder / ARCHIVE, {key: place for key, (place, _) in GRAPHS.items()}).items():
            with drafted(path.with_name(f"{other}.nir")) as draft:
                draft.write_bytes(content)
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != wanted:
        raise DataError(path, f"its SHA-256 is {found}", f"{wanted}, as {member} has", INSTEAD)
    return path


def recordings(folder: Path, names: Iterable[str]) -> dict[str, Array]:
    """Some of the ARRAYS: from the cache `folder`, or out of the archive there (seconds, once).

    Spikes are bool, shape (steps, ...); cnn_input counts events, shape (steps, digits, 2, 34, 34); lif_* is float64,
    shape (steps, 3): input, membrane, spikes. Raises DataError as `graph` does.
    """
    kept = folder / KEPT
    if kept.exists():
        arrays = _read(kept)
        _check_digest(arrays, kept)
    else:
        arrays = {name: _array(name, content) for name, content in _contents(folder / ARCHIVE, ARRAYS).items()}
        _check_digest(arrays, folder / ARCHIVE)
        with drafted(kept) as draft, draft.open("wb") as file:
            _write(file, arrays)
    return {name: arrays[name] for name in names}


def _write(file: BinaryIO, arrays: dict[str, Any]) -> None:
    np.savez_compressed(file, **arrays)


def _read(path: Path) -> dict[str, Array]:
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            return {name: file[name] for name in ARRAYS}
    except DAMAGE as error:
        found = f"it cannot be read ({type(error).__name__}: {error})"
        raise DataError(path, found, "the recordings", INSTEAD) from error


def digest(arrays: Mapping[str, Array]) -> str:
    """SHA-256 of names, types, shapes and values, in the order of the names."""
    found = hashlib.sha256()
    for name, array in sorted(arrays.items()):
        found.update(f"{name} {array.dtype.str} {array.shape}".encode() + np.ascontiguousarray(array).tobytes())
    return found.hexdigest()


def _check_digest(arrays: Mapping[str, Array], path: Path) -> None:
    found = digest(arrays)
    if found != KEPT_SHA256:
        raise DataError(path, f"its recordings have SHA-256 {found}", f"SHA-256 {KEPT_SHA256}", INSTEAD)


def _contents(archive: Path, members: Mapping[str, str]) -> dict[str, bytes]:
    """Members of the archive, whose checksum is looked at first, by our names; nothing else is unpacked."""
    check_archive(archive)
    wanted = {TOP + place: name for name, place in members.items()}
    contents: dict[str, bytes] = {}
    with tarfile.open(archive, "r:gz") as file:
        for member in file:
            stream = file.extractfile(member) if member.name in wanted else None
            if stream is not None:
                contents[wanted[member.name]] = stream.read()
            if len(contents) == len(wanted):
                break
    return contents


def _array(name: str, content: bytes) -> Array:
    if name.startswith("lif"):
        return np.loadtxt(io.BytesIO(content), delimiter=",")
    array: Array = np.load(io.BytesIO(content), allow_pickle=False)
    return array.astype(np.uint8) if name == "cnn_input" else array > 0
