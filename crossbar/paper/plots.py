"""Every plot: what it shows, from which experiments, and what a reader should see in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from matplotlib.figure import Figure

from crossbar.paper import plots_long, plots_network, plots_short
from crossbar.paper.found import Found

Draw: TypeAlias = Callable[[Mapping[str, Found]], Figure]


@dataclass(frozen=True)
class Plot:
    """name: of its file; figure: of the paper, or what it shows; needs: experiments; caption: for people."""

    name: str
    figure: str
    title: str
    needs: tuple[str, ...]
    draw: Draw
    caption: str


PLOTS = (
    Plot("2bc", "2b, 2c", "Potential and conductance against lithium", ("2bc",), plots_long.filling,
         "A film filled at 0.1 nA. Shaded: the phases the paper names. Orange: values the paper states."),
    Plot("precharge", "pre-charge", "Pre-charge", ("precharge",), plots_long.charging,
         "Both films of one device held at -1.1 V against LFP."),
    Plot("3a", "3a", "512 and 1024 states", ("3a-512", "3a-1024"), plots_long.ladder,
         "Read at the end of 10 ms in which the gate floats. η is the read noise of Table 1."),
    Plot("3b", "3b", "Amplitude", ("3b",), plots_long.amplitude, "One pulse each, from rest."),
    Plot("3c", "3c", "Width", ("3c",), plots_long.width, "One pulse each, from rest. At the pulse's end the double "
         "layer, which saturates, is part of the change; what stays is the lithium's."),
    Plot("3d", "3d", "Number of pulses", ("3d", "3d-500"), plots_long.number,
         "Right: slope of each 400 pulses. The calibration that reaches 500 % in 50 pulses fills its channel "
         "long before 800."),
    Plot("3e", "3e", "Cycling", ("3e", "3e-500"), plots_long.cycling,
         "20 cycles. The drift over the first of them brings the lithium of gate and channel to where a pulse up and a "
         "pulse down balance."),
    Plot("3f", "3f", "80 °C", ("3f",), plots_long.storage, "Gate floating, channel read at 0.1 V all the time."),
    Plot("S2", "S2", "Endurance", ("S2",), plots_long.endurance,
         "Lowest to highest conductance of each solved cycle; the last is cycle 1000, in which every pulse is solved."),
    Plot("S3", "S3", "Variation", ("S3-devices", "S3-cycles"), plots_long.variation,
         "Left: mean lasting change per pulse of 200 devices. Right: 10 cycles of one device, each pulse's width "
         "spread by 3 %, which is assumed."),
    Plot("4c", "4c", "Self-gate: it fades", ("4c",), plots_short.gating, "One pulse of 200 µs, gate then grounded."),
    Plot("4d", "4d", "LFP: something stays", ("4d", "4d-idle"), plots_short.doping,
         "One pulse of 200 µs on LFP, the self-gate floating. Right: what is left against the amplitude; held at 0 V "
         "after the pulse, LFP strips the channel."),
    Plot("4e", "4e", "Down to 500 ns", ("4e", "4e-literal"), plots_short.speed, "At the end of one pulse of 1 V."),
    Plot("4f", "4f", "1 µs pulses", ("4f",), plots_short.fast_cycling, "20 cycles of 50 pulses up and 50 down, gate "
         "grounded between them."),
    Plot("5ab", "5a/b", "Paired pulses", ("5ab",), plots_short.pairs, "How much higher the second of two pulses of "
         "0.5 V, 10 ms peaks; gate grounded between them."),
    Plot("5cd", "5c/d", "Filtering", ("5cd",), plots_short.filtering, "Ten pulses of 0.5 V, 10 ms, 1/f from one to the "
         "next."),
    Plot("table1", "Table 1", "Decay of one pulse", ("table1", "table1-200us"), plots_short.table,
         "Right: two decays without a constant, fitted to the same simulated curve recorded for different times."),
    Plot("refit", "Table 1", "Table 1 fitted again", ("refit",), plots_short.refitted,
         "The device in `table1_200us` fitted to the paper's curve. With a free base the calibration comes back; "
         "without one the slow branch has to undo the lithium that the pulse leaves, below the noise."),
    Plot("S5", "S5", "Energy against area", ("S5",), plots_short.energy,
         "Everything the gate's driver supplies, from the pulse to 2 s later."),
    Plot("6b", "6b", "One train", ("6b",), plots_network.example, "Ticks are spikes, the last one ends the train."),
    Plot("6f", "6f", "Separability, τ = 10 ms", ("6f",), plots_network.separability("6f"),
         "Faint dots are single runs, bars their middle 95 %."),
    Plot("6g", "6g", "Separability, τ = 100 ms", ("6g",), plots_network.separability("6g"),
         "As above, on the slower membrane."),
    Plot("t_read-6f", "6f", "What the boost depends on, τ = 10 ms", ("6f",), plots_network.reading_time("6f"),
         "Median and middle 95 % of runs. Behind static synapses only exp(-t/τ) is left of a spike, so on the fast "
         "membrane the ratio can be made as large as one likes by reading later."),
    Plot("t_read-6g", "6g", "What the boost depends on, τ = 100 ms", ("6g",), plots_network.reading_time("6g"),
         "As above, on the slower membrane."),
    Plot("6-circuit", "6f, 6g", "Circuit solves in place of Eq 1-3", ("6-circuit", "6-circuit-200us"),
         plots_network.circuits, "The same trains. Eq 2 splits what is left of earlier spikes evenly over both decays; "
         "summed without that, or solved as a circuit, they are remembered longer."),
    Plot("idle", "tension 4", "Idle gates", ("idle",), plots_long.idle, "Ten pulses, then nothing."),
    Plot("crosstalk", "tension 5", "Crosstalk", ("crosstalk",), plots_long.crosstalk,
         "The middle gate of nine is pulsed, the others float."),
)  # fmt: skip
