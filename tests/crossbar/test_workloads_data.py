"""The tactile set: read without running a pickle, refused when damaged, never mistaken for generated patterns."""

import contextlib
import hashlib
import io
import os
import pickle
import tarfile
import zipfile
from typing import Any

import numpy as np
import pytest

from circuits.errors import DataError, InputError
from circuits.files import CACHE
from crossbar.workloads import braille, poisson
from crossbar.workloads.cache import cache_folder
from crossbar.workloads.patterns import Samples
from crossbar.workloads.tactile import load_tactile
from crossbar.workloads.torchfile import read_tensors

SHAPE = (4, 8, 3)


class Storage:
    """A tensor's storage as torch.save writes it."""

    def __init__(self, kind, key, count):
        self.identity = ("storage", kind, key, "cpu", count)


class Named:
    """Something that pickles as a call of a global by name."""

    def __init__(self, module, name, arguments, state=None):
        self.call, self.arguments, self.state = f"c{module}\n{name}\n".encode(), arguments, state


class Global:
    """Something that pickles as a global's name."""

    def __init__(self, module, name):
        self.call = f"c{module}\n{name}\n".encode()


Pickler: Any = vars(pickle)["_Pickler"]


class Writer(Pickler):  # type: ignore[misc]
    """Writes names of modules that are not installed."""

    def persistent_id(self, obj):
        return obj.identity if isinstance(obj, Storage) else None

    def save(self, obj, save_persistent_id=True):
        if isinstance(obj, Global):
            return self.write(obj.call)
        if isinstance(obj, Named):
            self.write(obj.call)
            super().save(obj.arguments)
            self.write(pickle.REDUCE)
            if obj.state is not None:
                super().save(obj.state)
                self.write(pickle.BUILD)
            return None
        return super().save(obj, save_persistent_id)


def tensor(kind, key, count, shape, offset=0):
    strides = tuple(int(np.prod(shape[axis + 1 :])) for axis in range(len(shape)))
    storage = Storage(Global("torch", kind), key, count)
    return Named("torch._utils", "_rebuild_tensor_v2", (storage, offset, shape, strides, False, None))


def torch_file(top, entries):
    pickled = io.BytesIO()
    Writer(pickled, protocol=2).dump(top)
    return zipped(pickled.getvalue(), entries)


def zipped(pickled, entries):
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr("archive/data.pkl", pickled)
        for key, content in entries.items():
            archive.writestr(f"archive/data/{key}", content)
    return whole.getvalue()


def dataset(*tensors):
    return Named("torch.utils.data.dataset", "TensorDataset", (), {"tensors": tensors})


def arrays(seed=0):
    rng = np.random.default_rng(seed)
    return (rng.random(SHAPE) < 0.5).astype("<f4"), rng.integers(0, 3, SHAPE[0]).astype("<i8")


def good_file(seed=0):
    spikes, labels = arrays(seed)
    tensors = (tensor("FloatStorage", "0", spikes.size, SHAPE), tensor("LongStorage", "1", labels.size, SHAPE[:1]))
    return torch_file(dataset(*tensors), {"0": spikes.tobytes(), "1": labels.tobytes()})


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """A source distribution of the real one's form with 4 samples a split, its checksums in place of the real ones."""
    archive = tmp_path / braille.ARCHIVE
    with tarfile.open(archive, "w:gz") as file:
        for name in braille.MEMBERS.values():
            member = tarfile.TarInfo(name)
            content = good_file()
            member.size = len(content)
            file.addfile(member, io.BytesIO(content))
    spikes, labels = arrays()
    part = Samples(spikes > 0, labels)
    monkeypatch.setattr(braille, "ARCHIVE_SHA256", hashlib.sha256(archive.read_bytes()).hexdigest())
    monkeypatch.setattr(braille, "PARSED_SHA256", braille.digest(dict.fromkeys(braille.MEMBERS, part)))
    monkeypatch.setattr(braille, "SHAPES", dict.fromkeys(braille.MEMBERS, SHAPE))
    return tmp_path


@pytest.fixture
def offline(monkeypatch):
    """pip asks no index, so it finds nothing."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)


def test_tensors_are_read_without_torch():
    spikes, labels = read_tensors(good_file(), "x.pt")
    assert np.array_equal(spikes, arrays()[0])
    assert np.array_equal(labels, arrays()[1])
    assert not spikes.flags.writeable


def hostile(top, entries=None):
    return torch_file(top, {"0": b"\0" * 96 * 4} if entries is None else entries)


HOSTILE = {
    "calls os.system": hostile(Named("os", "system", ("true",))),
    "calls eval": hostile(Named("builtins", "eval", ("1",))),
    "a tensor beyond its storage": hostile(dataset(tensor("FloatStorage", "0", 96, SHAPE, offset=1))),
    "a negative offset": hostile(dataset(tensor("FloatStorage", "0", 96, SHAPE, offset=-4))),
    "a storage of another size": hostile(dataset(tensor("FloatStorage", "0", 97, SHAPE))),
    "a storage that is not there": hostile(dataset(tensor("FloatStorage", "7", 96, SHAPE))),
    "a path for a storage": hostile(dataset(tensor("FloatStorage", "../0", 96, SHAPE))),
    "an unknown storage": hostile(dataset(tensor("DoubleStorage", "0", 96, SHAPE))),
    "no data set": hostile({"tensors": 1}),
    "tensors that are none": hostile(dataset("a", "b")),
    "no zip": b"PK not a zip",
    "empty": b"",
    "an empty zip": b"PK\x05\x06" + b"\0" * 18,
    "a cut file": good_file()[:-40],
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_files_are_refused_and_nothing_runs(content, monkeypatch):
    ran: list[str] = []
    monkeypatch.setattr(os, "system", ran.append)
    with pytest.raises(DataError, match=r"x\.pt: .*allowed is a PyTorch TensorDataset"):
        read_tensors(content, "x.pt")
    assert ran == []


@pytest.mark.parametrize("flip", [0x01, 0x15, 0x80, 0xFF])
def test_a_pickle_damaged_anywhere_gives_tensors_or_a_data_error(flip):
    """Each byte changed in turn behind a fresh CRC-32: never another exception."""
    with zipfile.ZipFile(io.BytesIO(good_file())) as archive:
        pickled, *entries = (archive.read(name) for name in archive.namelist())
    refused = 0
    for place in range(len(pickled)):
        damaged = bytearray(pickled)
        damaged[place] ^= flip
        try:
            tensors = read_tensors(zipped(bytes(damaged), dict(enumerate(entries))), "x.pt")
        except DataError:
            refused += 1
        else:
            assert all(isinstance(tensor, np.ndarray) for tensor in tensors)
    assert refused > len(pickled) / 2


@pytest.mark.parametrize("flip", [0x01, 0xFF])
def test_a_cache_damaged_anywhere_gives_the_same_spikes_or_a_data_error(tiny, flip):
    braille.load(tiny)
    whole = (tiny / braille.PARSED).read_bytes()
    for place in range(0, len(whole), 5):
        damaged = bytearray(whole)
        damaged[place] ^= flip
        (tiny / braille.PARSED).write_bytes(bytes(damaged))
        with contextlib.suppress(DataError):
            assert np.array_equal(braille.load(tiny).test.spikes, arrays()[0] > 0)


def test_parse_then_cache(tiny):
    first = braille.load(tiny)
    (tiny / braille.ARCHIVE).unlink()
    second = braille.load(tiny)
    for part in ("train", "validation", "test"):
        assert np.array_equal(getattr(first, part).spikes, getattr(second, part).spikes)
        assert np.array_equal(getattr(first, part).labels, getattr(second, part).labels)
    assert np.array_equal(second.test.spikes, arrays()[0] > 0)
    assert second.name == "braille"
    assert sorted(path.name for path in tiny.iterdir()) == [braille.PARSED]


@pytest.mark.parametrize("name", [braille.ARCHIVE, braille.PARSED])
@pytest.mark.parametrize("damage", ["cut", "replace", "empty"])
def test_a_damaged_file_is_named_with_what_to_do(tiny, name, damage):
    if name == braille.PARSED:
        braille.load(tiny)
    content = (tiny / name).read_bytes()
    changed = {"cut": content[:-100], "replace": b"hello", "empty": b""}[damage]
    (tiny / name).write_bytes(changed)
    with pytest.raises(DataError, match="delete it and run again") as caught:
        braille.load(tiny)
    assert str(tiny / name) in str(caught.value)


def test_a_cache_with_other_spikes_is_refused(tiny, monkeypatch):
    braille.load(tiny)
    monkeypatch.setattr(braille, "PARSED_SHA256", "0" * 64)
    with pytest.raises(DataError, match="SHA-256"):
        braille.load(tiny)


def test_a_missing_archive_says_how_to_get_it(tmp_path):
    with pytest.raises(DataError, match=r"not there.*pip download --no-deps --no-binary nir nir==1\.0\.3"):
        braille.load(tmp_path)


@pytest.mark.usefixtures("offline")
def test_without_network_a_fetch_is_an_outcome(tmp_path):
    outcome = braille.fetch(tmp_path)
    assert not outcome.there
    assert "nir==1.0.3" in outcome.reason
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("offline")
def test_without_network_the_task_is_generated_and_says_so(tmp_path):
    patterns = load_tactile(tmp_path, np.random.default_rng(0))
    assert patterns.name == "poisson"
    assert "not measured data" in patterns.source
    assert "the Braille set was not fetched" in patterns.source


def test_a_damaged_archive_is_never_papered_over(tiny):
    (tiny / braille.ARCHIVE).write_bytes(b"hello")
    with pytest.raises(DataError, match="delete it and run again"):
        load_tactile(tiny, np.random.default_rng(0))


def test_an_archive_in_the_cache_is_used(tiny):
    assert load_tactile(tiny, np.random.default_rng(0)).name == "braille"


def test_cache_folder(tmp_path, monkeypatch):
    monkeypatch.setenv(CACHE, str(tmp_path / "a" / "b"))
    assert cache_folder() == tmp_path / "a" / "b"
    assert cache_folder().is_dir()
    monkeypatch.delenv(CACHE)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "liwes"
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(CACHE, str(tmp_path / "file"))
    with pytest.raises(DataError, match=CACHE):
        cache_folder()


def test_generated_patterns_have_the_tactile_shape():
    patterns = poisson.generate(np.random.default_rng(0))
    for part, shape in braille.SHAPES.items():
        samples = getattr(patterns, part)
        assert samples.spikes.shape == shape
        assert np.bincount(samples.labels).tolist() == [shape[0] // 7] * 7
    assert patterns.step == braille.STEP
    assert (patterns.classes, patterns.channels) == (7, 12)
    assert patterns.duration == pytest.approx(1.28)
    again = poisson.generate(np.random.default_rng(0))
    assert np.array_equal(patterns.test.spikes, again.test.spikes)


def test_generated_rates_are_the_documented_ones():
    """A flat picture (no bump) fires at BACKGROUND: the share of steps with a spike is 1 - exp(-rate step)."""
    flat = np.zeros((poisson.CLASSES, poisson.CHANNELS))
    samples = poisson._samples(flat, flat, 140, np.random.default_rng(1))
    share = 1 - np.exp(-poisson.BACKGROUND * poisson.STEP)
    error = np.sqrt(share * (1 - share) / samples.spikes.size)
    assert samples.spikes.mean() == pytest.approx(share, abs=5 * error)


def test_samples_and_labels_belong_together():
    with pytest.raises(InputError, match="labels"):
        Samples(np.zeros((3, 4, 2), dtype=bool), np.zeros(2, dtype=np.int64))
    with pytest.raises(InputError, match="labels"):
        Samples(np.zeros((0, 4, 2), dtype=bool), np.zeros(0, dtype=np.int64))
