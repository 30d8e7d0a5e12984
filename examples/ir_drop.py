"""Resistive lines cost a read: 1 % at 4 x 4 and 11.5 % at 16 x 16, all devices at 1 mS and 0.7 ohm a segment.

A read solves every segment exactly. What is lost grows nearly with the square of the array's side: longer lines,
and more current in each; then the far cells see so little voltage that it flattens.
"""

import numpy as np

import crossbar as xb

sides = np.array([4, 8, 16, 32])
lost = []
for side in sides:
    array = xb.Array(rows=int(side), columns=int(side), lines=xb.Lines(word=0.7, bit=0.7, gate=0.7))
    reading = array.read(array.rest(lithium=0.4), word_line=0.1)
    lost.append(1 - reading.currents.sum() / reading.ideal.sum())
    print(f"{side:3d} x {side:<3d} {lost[-1]:7.2%} of the current lost, {reading.ir_drop:7.2%} on the worst bit line")

slope = np.polyfit(np.log(sides[:3]), np.log(lost[:3]), 1)[0]
print(f"lost ~ side^{slope:.2f}")
assert abs(lost[0] - 0.010) < 0.001
assert abs(lost[2] - 0.115) < 0.002
