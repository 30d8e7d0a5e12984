"""The study of the short-term front end: the same samples everywhere, each tested once, none in its own training."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from circuits.errors import InputError
from crossbar.studies import short_term as studied
from crossbar.studies.short_term import Point, _readings, _splits, difference
from crossbar.synapse import wan2021_kernel
from crossbar.workloads import poisson
from crossbar.workloads.classify import Settings, readings
from crossbar.workloads.patterns import Samples


@pytest.fixture(scope="module")
def small():
    patterns = poisson.generate(np.random.default_rng(0))

    def first(part, count):
        return Samples(part.spikes[:count], part.labels[:count])

    return replace(
        patterns,
        train=first(patterns.train, 140),
        validation=first(patterns.validation, 60),
        test=first(patterns.test, 60),
    )


def test_every_sample_is_tested_once_and_never_seen_by_its_read_out(small):
    splits = list(_splits(small, 5, np.random.default_rng(0)))
    assert sorted(np.concatenate([test for _, _, test in splits])) == list(range(260))
    for parts in splits:
        assert len(np.unique(np.concatenate(parts))) == 260
    ((train, validation, test),) = _splits(small, 0, np.random.default_rng(0))
    assert (len(train), len(validation), test[0], test[-1]) == (140, 60, 200, 259)


def test_few_reads_are_among_many_and_their_last_is_at_the_end(small):
    rng = np.random.default_rng(0)
    table = _readings(small.test, small.step, "stp", 10e-3, 16, rng)[0]
    settings = Settings(synapse=wan2021_kernel.ideal(), tau=10e-3, reads=4)
    fewer = readings(settings, small.test, small.step, rng).reshape(len(small.test), 4, -1)
    np.testing.assert_allclose(table[:, 3::4], fewer, rtol=1e-9)


def test_a_front_end_spares_reads_of_fast_membranes(small):
    """On generated patterns at 10 ms and 4 reads; static synapses forget between reads, the kernel's slow part not."""
    points = studied(small, (10e-3,), (4,), seed=1)
    by = {point.kind: point for point in points}
    assert {kind: point.right.shape for kind, point in by.items()} == {
        "static": (1, 60),
        "stp": (1, 60),
        "noisy": (5, 60),
    }
    assert difference(by["stp"], by["static"]).low > 0
    again = studied(small, (10e-3,), (4,), seed=1)
    assert all(np.array_equal(one.right, other.right) for one, other in zip(points, again, strict=True))


def test_chance_level_where_labels_mean_nothing(small):
    """Guard against answers out of order or seen in training: shuffled labels cannot be told, in any fold."""
    rng = np.random.default_rng(0)
    mixed = {
        name: Samples(part.spikes, rng.permutation(part.labels))
        for name, part in (("train", small.train), ("validation", small.validation), ("test", small.test))
    }
    (point,) = studied(replace(small, **mixed), (20e-3,), (4,), kinds=("stp",), folds=4)
    assert point.right.shape == (1, 260)
    assert abs(point.accuracy - 1 / 7) < 4 * np.sqrt(6 / 49 / 260)


def test_a_difference_is_over_the_same_samples():
    right = np.random.default_rng(0).random((1, 400)) < 0.7
    one = Point("stp", 0.01, 4, right)
    same = difference(one, one)
    assert (same.mean, same.low, same.high) == (0, 0, 0)
    other = difference(one, Point("static", 0.01, 4, np.random.default_rng(1).random((1, 400)) < 0.7))
    reach = 1.96 * np.sqrt(2 * 0.7 * 0.3 / 400)  # two independent halves
    assert (other.high - other.low) / 2 == pytest.approx(reach, rel=0.1)


@pytest.mark.parametrize(
    ("words", "name"), [({"reads": (4, 6)}, "reads"), ({"reads": ()}, "reads"), ({"folds": 2}, "folds")]
)
def test_a_study_that_cannot_be_is_refused(small, words, name):
    with pytest.raises(InputError, match=f"{name} = "):
        studied(small, (10e-3,), words.get("reads", (4,)), folds=words.get("folds", 0))
