"""What a network keeps of its accuracy on tiles of devices, and what an inference costs."""
