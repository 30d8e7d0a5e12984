"""How the loops of this package are compiled."""

from __future__ import annotations

from circuits.jit import jit

# Sums may be reordered and products fused: vector instructions need that. Infinities and nan keep their meaning.
fast = jit(fastmath={"reassoc", "contract", "nsz"})
