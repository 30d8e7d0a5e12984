"""Cut a weight matrix into tiles that an array's lines can carry; the tiles' partial sums add up outside."""

from __future__ import annotations

from dataclasses import dataclass

from circuits.errors import InputError


@dataclass(frozen=True)
class Tile:
    """A block of a weight matrix: which rows (inputs) and columns (outputs) of the matrix it holds."""

    rows: slice
    columns: slice

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns) of the block."""
        return self.rows.stop - self.rows.start, self.columns.stop - self.columns.start


def partition(rows: int, columns: int, tile_rows: int, tile_columns: int) -> tuple[Tile, ...]:
    """Tiles of at most (tile_rows, tile_columns) that cover a (rows, columns) matrix once, left to right, then down."""
    for name, value in (("rows", rows), ("columns", columns), ("tile_rows", tile_rows), ("tile_columns", tile_columns)):
        if value < 1:
            raise InputError(name, value, "a whole number, 1 or more", f"{name} = 16")
    return tuple(
        Tile(slice(top, min(top + tile_rows, rows)), slice(left, min(left + tile_columns, columns)))
        for top in range(0, rows, tile_rows)
        for left in range(0, columns, tile_columns)
    )
