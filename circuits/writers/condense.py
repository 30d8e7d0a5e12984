"""Elimination of a device's insides, written out as straight-line code: what is left is seen at its terminals.

A stage of a time step asks of every row that charge / weight - flow = known / weight. Newton's linear system for one
device is bordered by its terminals; eliminating internal nodes and states by name, in the order that makes the least
fill, leaves a Norton form (a current and an admittance at the terminals), whatever the device is.
"""

from __future__ import annotations

from collections.abc import Sequence

from circuits.writers.program import Program, text

Entry = tuple[int, int]
ZERO = "0.0"


def slope(row: int, column: int) -> str:
    """Name of d flow[row] / d variable[column]."""
    return f"J_{row}_{column}"


def elimination(program: Program) -> list[str]:
    """Statements from `F_row`, slopes and residuals `R_row` to the Norton form and the change `D_k` of the insides.

    Afterwards R_t is the current into terminal t and B_t_u what it falls by for each volt at terminal u; S_k_u is what
    a curved inside k rises by for each.
    """
    device = program.device
    terminals, size = device.terminals, len(device.variables)
    matrix = {entry: f"-{slope(*entry)}" for entry in program.pattern}
    for k, state in enumerate(device.states):
        row = len(device.nodes) + k
        matrix[row, row] = f"{text(state.capacity)} * RATE" + matrix.get((row, row), "")
    lines = [f"{_name(entry)} = {value}" for entry, value in matrix.items()]
    order = _order(set(matrix), terminals, size)
    left = set(range(size))
    later: list[tuple[int, list[int]]] = []
    for k in order:
        left.remove(k)
        columns = sorted(j for j in left if (k, j) in matrix)
        lines.append(f"P_{k} = 1.0 / {_name((k, k))}")
        for i in sorted(i for i in left if (i, k) in matrix):
            lines.append(f"M = {_name((i, k))} * P_{k}")
            for j in columns:
                before = _name((i, j)) if (i, j) in matrix else ""
                matrix[i, j] = ""
                lines.append(f"{_name((i, j))} = {before} - M * {_name((k, j))}")
            lines.append(f"R_{i} = R_{i} - M * R_{k}")
        later.append((k, columns))
    for k, columns in reversed(later):
        taken = "".join(f" - {_name((k, j))} * D_{j}" for j in columns if j >= terminals)
        lines.append(f"D_{k} = (R_{k}{taken}) * P_{k}")
    return lines + _follow(later, terminals, program.curved)


def _follow(later: list[tuple[int, list[int]]], terminals: int, wanted: Sequence[int]) -> list[str]:
    """Statements for S_k_u of what is `wanted`, and of what that takes."""
    needed = set(wanted)
    for k, columns in later:
        if k in needed:
            needed |= set(columns)
    lines, known = [], set()
    for k, columns in reversed(later):
        for u in range(terminals) if k in needed else ():
            terms = [f"{_name((k, u))}"] if u in columns else []
            terms += [f"{_name((k, j))} * S_{j}_{u}" for j in columns if (j, u) in known]
            if terms:
                known.add((k, u))
                lines.append(f"S_{k}_{u} = -({' + '.join(terms)}) * P_{k}")
    return lines + [f"S_{k}_{u} = 0.0" for k in wanted for u in range(terminals) if (k, u) not in known]


def admittance(program: Program) -> list[str]:
    """What is left of the matrix at the terminals, row by row; ZERO where insides join two terminals in no way."""
    names = range(program.device.terminals)
    known = _closure(program)
    return [_name((i, j)) if (i, j) in known else ZERO for i in names for j in names]


def following(program: Program) -> list[Entry]:
    """(k, u) of every S_k_u that can be other than 0: curved inside k depends on terminal u, itself or by insides."""
    terminals, found = program.device.terminals, []
    for k in program.curved:
        reached = [k]
        for i in reached:
            reached += [j for row, j in program.pattern if row == i >= terminals and j not in reached]
        found += [(k, u) for u in sorted(reached) if u < terminals]
    return found


def _moved(program: Program, row: int) -> str:
    """How much the flow of `row` changes with the insides, to first order."""
    inside = [j for i, j in program.pattern if i == row and j >= program.device.terminals]
    return "".join(f" + {slope(row, j)} * D_{j}" for j in inside)


def _name(entry: Entry) -> str:
    return f"B_{entry[0]}_{entry[1]}"


def _order(entries: set[Entry], terminals: int, size: int) -> list[int]:
    """Insides in the order of least degree."""
    near = {k: {j for i, j in entries if i == k} | {i for i, j in entries if j == k} for k in range(size)}
    left, order = set(range(terminals, size)), []
    while left:
        k = min(left, key=lambda candidate: (len(near[candidate]), candidate))
        left.remove(k)
        order.append(k)
        around = near.pop(k) - {k}
        for i in around:
            near[i] = (near[i] | around) - {k}
    return order


def _closure(program: Program) -> list[Entry]:
    """Entries of the matrix after elimination."""
    device = program.device
    rows = range(len(device.nodes), len(device.variables))
    entries = set(program.pattern) | {(k, k) for k in rows}
    left = set(range(len(device.variables)))
    for k in _order(set(entries), device.terminals, len(device.variables)):
        left.remove(k)
        across = [j for j in left if (k, j) in entries]
        entries |= {(i, j) for i in left if (i, k) in entries for j in across}
    return sorted(entries)


def residuals(program: Program) -> list[str]:
    """`R_row` of every row of a device: what is missing for the stage to hold."""
    nodes = len(program.device.nodes)
    lines = [f"R_{k} = F_{k}" for k in range(nodes)]
    for k, state in enumerate(program.device.states):
        held = f"(KNOWN_{k} - {text(state.capacity)} * {state.variable.name}) * RATE"
        lines.append(f"R_{nodes + k} = {held} + F_{nodes + k}")
    return lines


def settled(program: Program, k: int) -> list[str]:
    """State number `k` and the flow into it after the step, X_k and Y_k, agreeing to the last digit.

    Whichever is known better gives the other: rounding in the state grows by stiffness in the flow, and the reverse.
    O_k is what the flow falls by for each unit of the state, E_k the potential it works against.
    """
    device, row = program.device, len(program.device.nodes) + k
    state = device.states[k]
    own = f"-{slope(row, row)}" if (row, row) in program.pattern else "0.0"
    return [
        f"W = {text(state.capacity)}",
        f"X = {state.variable.name} + D_{row}",
        f"Y = F_{row}{_moved(program, row)}",
        f"O_{k} = {own}",
        f"X_{k} = where_above(O_{k} * WEIGHT, W, X, (KNOWN_{k} + WEIGHT * Y) / W)",
        f"Y_{k} = where_above(O_{k} * WEIGHT, W, (W * X - KNOWN_{k}) * RATE, Y)",
        f"E_{k} = {text(state.potential)}{program.moved(state.potential)}",
    ]
