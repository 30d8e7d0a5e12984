"""The same work by us and by others, side by side: processor time, memory, and error against a reference."""
