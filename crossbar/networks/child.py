"""The child process that opens a network file with HDF5. A program of its own: it imports nothing of this project.

A crafted file of 15 kB can ask HDF5 for 128 GiB, and one flipped bit can make it turn for ever: so the file is opened
here, under limits on memory, processor time and written files, and nothing but plain numbers and words goes back.
Before an object is opened, it is looked at: hard links only, each object under one name, groups and data sets of plain
numbers or strings, stored in the file itself, with the library's own filters, all together within the limits.

A request is a JSON line {"path", "limits", "data"} on standard input; "data" says whether it is a file of NIR data,
whose groups have attributes, given as members "@name", and whose numbers need not be finite. A reply is a header's
length (8 bytes, little end first), the header as JSON, and the arrays' bytes one after another. A header is
{"refused": [where, found, allowed, instead]} or {"tree": group}; a group is {name: member}, a member a group or a list
["array", dtype, shape, bytes] or ["strings", shape, [text, ...]].
"""

from __future__ import annotations

import contextlib
import itertools
import json
import resource
import struct
import sys
from dataclasses import dataclass, field
from typing import Any

import h5py
import numpy as np

FILTERS = {1: "gzip", 2: "shuffle", 3: "fletcher32", 4: "szip", 5: "nbit", 6: "scaleoffset", 32000: "lzf"}
KINDS = {"b": "|u1", "i": "<i8", "u": "<i8", "f": "<f8"}
REWRITE = "write the graph again with nir.write"
NAME = 200
DIMENSIONS = 8
ATTRIBUTES = ("__type__", "dt", "n_neurons", "t_max")
"""What the groups of NIR data may say of themselves."""

ROOT, TIMING = "/node/metadata", ("dt", "reset", "order", "decay", "integrator")
"""Where a graph may name its timing, and by which words."""
OTHERS = 100
"""Of how many other metadata the names are looked at."""


class Refused(Exception):  # noqa: N818 - it is an answer, not a fault
    """What is wrong with the file: where, found, allowed, instead."""


@dataclass
class Visit:
    """What a walk through a file has met so far.

    limits: the most `objects`, `depth` of groups and `bytes` of data
    data: whether it is NIR data, not a graph
    blocks: arrays read, in order
    """

    limits: dict[str, int]
    data: bool
    seen: set[tuple[int, int]] = field(default_factory=set)
    size: int = 0
    blocks: list[bytes] = field(default_factory=list)

    def meet(self, place: str, identity: tuple[int, int]) -> None:
        """Count an object; refuse one seen before, and one too many."""
        if identity in self.seen:
            raise Refused(place, "an object that another name leads to as well", "one name for each object", REWRITE)
        self.seen.add(identity)
        if len(self.seen) > self.limits["objects"]:
            allowed = f"at most {self.limits['objects']} groups and data sets"
            raise Refused(place, "more objects than that", allowed, "a smaller graph, or higher limits")

    def weigh(self, place: str, size: int) -> None:
        """Count bytes of data; refuse too many."""
        self.size += size
        if self.size > self.limits["bytes"]:
            found = f"data sets that declare {self.size} bytes up to here"
            raise Refused(place, found, f"at most {self.limits['bytes']}", "a smaller file, or higher limits")


def walk(group: h5py.h5g.GroupID, place: str, depth: int, visit: Visit) -> dict[str, Any]:
    """Everything below `group`, as it goes into the reply. h5py's own classes would take ten times as long."""
    if depth > visit.limits["depth"]:
        raise Refused(place, f"groups deeper than {visit.limits['depth']}", "fewer", "a graph nested less deeply")
    found: dict[str, Any] = attributes(group, place, visit) if visit.data else {}
    for raw in group:
        name = shown(raw)
        found[name] = look(group, raw, f"{place}/{name}", depth, visit)
    return found


def attributes(group: h5py.h5g.GroupID, place: str, visit: Visit) -> dict[str, Any]:
    """The attributes of a group that NIR data has, one value each, by "@name"."""
    found: dict[str, Any] = {}
    for name in ATTRIBUTES:
        here = f"{place}/@{name}"
        if not h5py.h5a.exists(group, name.encode()):
            continue
        attribute = h5py.h5a.open(group, name.encode())
        kind = attribute.dtype
        plain = text(kind) or (kind.kind in KINDS and kind.itemsize <= 8)
        if not plain or attribute.shape not in {(), (1,)} or attribute.get_storage_size() > 4 * NAME:
            raise Refused(here, "an attribute that is not one value", "one number or word", "nir.write_data once more")
        values = np.empty(attribute.shape, dtype=kind)
        attribute.read(values)
        found[f"@{name}"] = words(values, here, visit) if text(kind) else numbers(values, here, visit)
    return found


def shown(raw: bytes) -> str:
    """A name of the file's as one may print it; refuses what no graph would call a node."""
    name = raw.decode("utf-8", "replace")
    if name.encode() != raw or not name.isprintable() or len(name) > NAME:
        allowed = f"printable text of at most {NAME} characters"
        raise Refused("a name", ascii(name)[:60], allowed, "another name for that node")
    return name


def look(group: h5py.h5g.GroupID, raw: bytes, here: str, depth: int, visit: Visit) -> Any:  # noqa: ANN401 - list or dict
    """One member of a group; refuses links that are not hard, and what is neither group nor data set."""
    if group.links.get_info(raw).type != h5py.h5l.TYPE_HARD:
        raise Refused(here, "a link to another place or file", "hard links only", REWRITE)
    about = h5py.h5o.get_info(group, raw)
    visit.meet(here, (about.fileno, about.addr))
    if about.type == h5py.h5o.TYPE_GROUP:
        if raw == b"metadata" and not visit.data:
            return named(h5py.h5g.open(group, raw), here, depth, visit) if here == ROOT else {}
        return walk(h5py.h5g.open(group, raw), here, depth + 1, visit)
    if about.type != h5py.h5o.TYPE_DATASET:
        raise Refused(here, "neither a group nor a data set", "groups and data sets", REWRITE)
    data = h5py.h5d.open(group, raw)
    check(data, here, visit)
    values = np.empty(data.shape, dtype=data.dtype)
    data.read(h5py.h5s.ALL, h5py.h5s.ALL, values)
    return words(values, here, visit) if text(data.dtype) else numbers(values, here, visit)


def named(group: h5py.h5g.GroupID, here: str, depth: int, visit: Visit) -> dict[str, Any]:
    """What the metadata of the whole graph say of its timing. All else is {}, whatever it is: nobody has to mean us."""
    found: dict[str, Any] = {}
    for raw in itertools.islice(group, OTHERS):
        with contextlib.suppress(Refused):
            found[shown(raw)] = {}
    for name in TIMING:
        if group.links.exists(name.encode()):
            size = visit.size
            try:
                found[name] = look(group, name.encode(), f"{here}/{name}", depth + 1, visit)
            except Refused:
                found[name], visit.size = {}, size
    return found


def check(data: h5py.h5d.DatasetID, here: str, visit: Visit) -> None:
    """Refuse a data set that is not plain numbers or strings, stored in this file, within the limits."""
    plan = data.get_create_plist()
    layout = plan.get_layout()
    if layout == h5py.h5d.VIRTUAL or plan.get_external_count() > 0:
        raise Refused(here, "data stored in another file", "data in this file", REWRITE)
    for index in range(plan.get_nfilters()):
        code = plan.get_filter(index)[0]
        if code not in FILTERS:
            raise Refused(here, f"filter {code}", f"none, or {', '.join(FILTERS.values())}", REWRITE)
    if data.get_space().get_simple_extent_type() == h5py.h5s.NULL or data.rank > DIMENSIONS:
        raise Refused(here, f"{data.rank} dimensions or no values", f"values of 0 to {DIMENSIONS} dimensions", REWRITE)
    dtype, most = data.dtype, visit.limits["bytes"]
    if layout == h5py.h5d.CHUNKED and dtype.itemsize * product(plan.get_chunk()) > most:
        raise Refused(here, f"chunks of {plan.get_chunk()}", f"at most {most} bytes", REWRITE)
    if not (text(dtype) or (dtype.kind in KINDS and dtype.itemsize <= 8)):
        raise Refused(here, f"values of type {str(dtype)[:40]}", "numbers of at most 64 bits, or text", REWRITE)
    size = dtype.itemsize if text(dtype) else np.dtype(carried(dtype, visit)).itemsize
    least = 1 if visit.data or dtype == np.float32 else 8  # what a graph holds is computed with, in 64 bits
    visit.weigh(here, max(size, least) * product(data.shape))


def carried(dtype: np.dtype[Any], visit: Visit) -> str:
    """The type in which numbers go back. In a graph, where one computes with them, small whole numbers become large."""
    if dtype.kind == "f" and dtype.itemsize == 4:
        return "<f4"
    return "|u1" if visit.data and dtype.kind == "u" and dtype.itemsize == 1 else KINDS[dtype.kind]


def product(shape: tuple[int, ...]) -> int:
    """Number of entries, in Python's integers: no overflow."""
    count = 1
    for length in shape:
        count *= int(length)
    return count


def text(dtype: np.dtype[Any]) -> bool:
    """Whether a data set of this type holds strings."""
    return dtype.kind in "OS" and h5py.check_string_dtype(dtype) is not None


def words(values: np.ndarray[Any, Any], here: str, visit: Visit) -> list[Any]:
    """Strings of a data set, in C order."""
    raw = [bytes(entry or b"") for entry in values.ravel().tolist()]
    longest = max((len(entry) for entry in raw), default=0)
    if longest > 4 * NAME:
        raise Refused(here, f"a text of {longest} bytes", f"at most {4 * NAME}", "shorter names")
    visit.weigh(here, sum(len(entry) for entry in raw))
    try:
        return ["strings", list(values.shape), [entry.rstrip(b"\0").decode("utf-8") for entry in raw]]
    except UnicodeDecodeError:
        raise Refused(here, "text that is not UTF-8", "UTF-8", REWRITE) from None


def numbers(values: np.ndarray[Any, Any], here: str, visit: Visit) -> list[Any]:
    """Numbers of a data set; refuses what is not finite in a graph."""
    if values.dtype.kind == "f" and not (visit.data or np.isfinite(values).all()):
        raise Refused(here, "a number that is not finite", "finite numbers", "a graph without inf and nan")
    plain = np.ascontiguousarray(values, dtype=carried(values.dtype, visit))
    visit.blocks.append(plain.tobytes())
    return ["array", plain.dtype.str, list(values.shape), plain.nbytes]


def answer(request: dict[str, Any]) -> tuple[dict[str, Any], list[bytes]]:
    """Header and blocks for one request."""
    visit = Visit(request["limits"], request["data"])
    try:
        with h5py.File(request["path"], "r", locking=False) as file:
            tree = walk(h5py.h5g.open(file.id, b"/"), "", 0, visit)
    except Refused as refusal:
        return {"refused": list(refusal.args)}, []
    except MemoryError:
        limits = "a file that needs no more", "a smaller graph, or higher limits"
        return {"refused": ["", "it asks for more memory than it may have", *limits]}, []
    except Exception as error:  # noqa: BLE001 - whatever h5py makes of a broken file, it is broken
        said = " ".join(ascii(str(error)).strip("'\"").split())[:160]
        return {"refused": ["", f"HDF5 cannot read it ({type(error).__name__}: {said})", "an intact file", REWRITE]}, []
    return {"tree": tree}, visit.blocks


def restrict(memory: int) -> None:
    """Bounds for the life of this process: memory [bytes], no files written, no core dumps."""
    for kind, size in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0)):
        with contextlib.suppress(ValueError, OSError):  # not every system can bound its address space
            resource.setrlimit(kind, (size, size))


def allow(seconds: int) -> None:
    """Let this process use `seconds` more of the processor."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + 1 + seconds, hard))


def main() -> None:
    """Answer requests until there are no more."""
    restrict(int(sys.argv[1]))
    for line in sys.stdin.buffer:
        request = json.loads(line)
        allow(request["limits"]["seconds"])
        header, blocks = answer(request)
        encoded = json.dumps(header).encode()
        sys.stdout.buffer.write(struct.pack("<Q", len(encoded)) + encoded)
        for block in blocks:
            sys.stdout.buffer.write(block)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
