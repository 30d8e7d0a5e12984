"""From a network's weights to target conductances of an array's devices, and back."""
