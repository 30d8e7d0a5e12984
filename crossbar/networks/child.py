"""The child process that opens a network file with HDF5. A program of its own: it imports nothing of this project.

A crafted file of 15 kB can ask HDF5 for 128 GiB, and one flipped bit can make it turn for ever: so the file is opened
here, under limits on memory, processor time and written files, and nothing but plain numbers and words goes back.
Before a byte of data is read, every object is looked at: hard links only, each object under one name, groups and data
sets of plain numbers or strings, stored in the file itself, with the library's own filters, within the limits.

A request is a JSON line {"path", "limits"} on standard input. A reply is a header's length (8 bytes, little end
first), the header as JSON, and the arrays' bytes one after another. A header is {"refused": [where, found, allowed,
instead]} or {"tree": group}; a group is {name: member}, a member a group or a list ["array", dtype, shape, bytes] or
["strings", shape, [text, ...]].
"""

from __future__ import annotations

import contextlib
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


class Refused(Exception):  # noqa: N818 - it is an answer, not a fault
    """What is wrong with the file: where, found, allowed, instead."""


@dataclass
class Visit:
    """What one look through a file has met so far.

    limits: the most `objects`, `depth` of groups and `bytes` of data
    """

    limits: dict[str, int]
    seen: set[tuple[int, int]] = field(default_factory=set)
    size: int = 0

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
            raise Refused(place, found, f"at most {self.limits['bytes']}", "a smaller graph, or higher limits")


def survey(group: h5py.Group, place: str, depth: int, visit: Visit) -> dict[str, Any]:
    """Look at everything below `group`: names to h5py data sets and to dictionaries of the same kind; reads no data."""
    if depth > visit.limits["depth"]:
        raise Refused(place, f"groups deeper than {visit.limits['depth']}", "fewer", "a graph nested less deeply")
    found: dict[str, Any] = {}
    for name in group:
        here = f"{place}/{shown(name)}"
        found[name] = look(group, name, here, depth, visit)
    return found


def shown(name: str | bytes) -> str:
    """A name of the file's as one may print it; refuses what no graph would call a node."""
    if isinstance(name, bytes) or not name.isprintable() or len(name) > NAME:  # bytes: it is no text
        allowed = f"printable text of at most {NAME} characters"
        raise Refused("a name", ascii(name)[:60], allowed, "another name for that node")
    return name


def look(group: h5py.Group, name: str, here: str, depth: int, visit: Visit) -> Any:  # noqa: ANN401 - data set or dict
    """One member of a group; refuses links that are not hard, and what is neither group nor data set."""
    raw = name.encode("utf-8", "surrogateescape")
    if group.id.links.get_info(raw).type != h5py.h5l.TYPE_HARD:
        raise Refused(here, "a link to another place or file", "hard links only", REWRITE)
    about = h5py.h5o.get_info(group.id, raw)
    visit.meet(here, (about.fileno, about.addr))
    if about.type == h5py.h5o.TYPE_GROUP:
        member = group[name]
        return {} if name == "metadata" else survey(member, here, depth + 1, visit)
    if about.type != h5py.h5o.TYPE_DATASET:
        raise Refused(here, "neither a group nor a data set", "groups and data sets", REWRITE)
    check(group[name], here, visit)
    return group[name]


def check(data: h5py.Dataset, here: str, visit: Visit) -> None:
    """Refuse a data set that is not plain numbers or strings, stored in this file, within the limits."""
    plan = data.id.get_create_plist()
    layout = plan.get_layout()
    if layout == h5py.h5d.VIRTUAL or plan.get_external_count() > 0:
        raise Refused(here, "data stored in another file", "data in this file", REWRITE)
    for index in range(plan.get_nfilters()):
        code = plan.get_filter(index)[0]
        if code not in FILTERS:
            raise Refused(here, f"filter {code}", f"none, or {', '.join(FILTERS.values())}", REWRITE)
    if data.shape is None or len(data.shape) > DIMENSIONS:
        raise Refused(here, f"shape {data.shape}", f"0 to {DIMENSIONS} dimensions", REWRITE)
    entry = data.dtype.itemsize
    if layout == h5py.h5d.CHUNKED and entry * product(plan.get_chunk()) > visit.limits["bytes"]:
        raise Refused(here, f"chunks of {plan.get_chunk()}", f"at most {visit.limits['bytes']} bytes", REWRITE)
    visit.weigh(here, (4 if data.dtype == np.float32 else max(entry, 8)) * product(data.shape))
    if not (text(data) or (data.dtype.kind in KINDS and entry <= 8)):
        raise Refused(here, f"values of type {str(data.dtype)[:40]}", "numbers of at most 64 bits, or text", REWRITE)


def product(shape: tuple[int, ...]) -> int:
    """Number of entries, in Python's integers: no overflow."""
    count = 1
    for length in shape:
        count *= int(length)
    return count


def text(data: h5py.Dataset) -> bool:
    """Whether a data set holds strings."""
    return h5py.check_string_dtype(data.dtype) is not None


def read(tree: dict[str, Any], place: str, visit: Visit, blocks: list[bytes]) -> dict[str, Any]:
    """Read what `survey` found; arrays go to `blocks`, in order."""
    found: dict[str, Any] = {}
    for name, member in tree.items():
        here = f"{place}/{name}"
        if isinstance(member, dict):
            found[name] = read(member, here, visit, blocks)
        elif text(member):
            found[name] = words(member, here, visit)
        else:
            found[name] = numbers(member, here, blocks)
    return found


def words(data: h5py.Dataset, here: str, visit: Visit) -> list[Any]:
    """Strings of a data set, in C order."""
    raw = [bytes(entry) for entry in np.asarray(data[()]).ravel().tolist()]
    longest = max((len(entry) for entry in raw), default=0)
    if longest > 4 * NAME:
        raise Refused(here, f"a text of {longest} bytes", f"at most {4 * NAME}", "shorter names")
    visit.weigh(here, sum(len(entry) for entry in raw))
    try:
        return ["strings", list(data.shape), [entry.rstrip(b"\0").decode("utf-8") for entry in raw]]
    except UnicodeDecodeError:
        raise Refused(here, "text that is not UTF-8", "UTF-8", REWRITE) from None


def numbers(data: h5py.Dataset, here: str, blocks: list[bytes]) -> list[Any]:
    """Numbers of a data set; refuses what is not finite."""
    values = np.asarray(data[()])
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise Refused(here, "a number that is not finite", "finite numbers", "a graph without inf and nan")
    single = values.dtype.kind == "f" and values.dtype.itemsize == 4
    plain = np.ascontiguousarray(values, dtype="<f4" if single else KINDS[values.dtype.kind])
    blocks.append(plain.tobytes())
    return ["array", plain.dtype.str, list(data.shape), plain.nbytes]


def answer(request: dict[str, Any]) -> tuple[dict[str, Any], list[bytes]]:
    """Header and blocks for one request."""
    blocks: list[bytes] = []
    visit = Visit(request["limits"])
    try:
        with h5py.File(request["path"], "r", locking=False) as file:
            tree = read(survey(file, "", 0, visit), "", visit, blocks)
    except Refused as refusal:
        return {"refused": list(refusal.args)}, []
    except MemoryError:
        limits = "a file that needs no more", "a smaller graph, or higher limits"
        return {"refused": ["", "it asks for more memory than it may have", *limits]}, []
    except Exception as error:  # noqa: BLE001 - whatever h5py makes of a broken file, it is broken
        said = " ".join(ascii(str(error)).strip("'\"").split())[:160]
        return {"refused": ["", f"HDF5 cannot read it ({type(error).__name__}: {said})", "an intact file", REWRITE]}, []
    return {"tree": tree}, blocks


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
