"""Edges while the nodes that only hand on are taken out: Flatten, and where a graph within another begins and ends."""

from __future__ import annotations

from dataclasses import dataclass, field

from crossbar.networks.reading import Edge, Reading

EDGES = 8
"""Edges that there may be, in multiples of Limits.nodes."""


@dataclass
class Wires:
    """Where the edges of each node lead and whether a Flatten was on them, and where they come from."""

    out: dict[str, dict[str, bool]] = field(default_factory=dict)
    into: dict[str, set[str]] = field(default_factory=dict)
    count: int = 0

    def add(self, source: str, target: str, flat: bool = False) -> None:  # noqa: FBT001, FBT002
        """One more edge."""
        self.out.setdefault(source, {})[target] = flat
        self.into.setdefault(target, set()).add(source)
        self.count += 1

    def join(self, joint: str, flat: bool, reading: Reading) -> None:  # noqa: FBT001
        """Lead the edges past a node."""
        before = [(source, self.out[source].pop(joint) or flat) for source in sorted(self.into.pop(joint, ()))]
        after = self.out.pop(joint, {})
        if joint in after:
            raise reading.refuse(
                f"a loop through '{joint}' passes no neuron", "a neuron in every loop", "a neuron in it"
            )
        if self.count + len(before) * len(after) > EDGES * reading.limits.nodes:
            found = f"'{joint}' joins {len(before)} and {len(after)} edges"
            raise reading.refuse(found, f"at most {EDGES * reading.limits.nodes} edges", "a simpler graph")
        for target in after:
            self.into[target].discard(joint)
        for source, already in before:
            for target, later in after.items():
                if target in self.out[source]:
                    found = f"'{source}' reaches '{target}' both directly and through '{joint}'"
                    raise reading.refuse(found, "one way", "a Scale node of 2 on a single edge")
                self.add(source, target, already or later)

    def edges(self) -> dict[Edge, bool]:
        """All edges, and whether a Flatten was on them."""
        return {(source, target): flat for source, ends in self.out.items() for target, flat in ends.items()}
