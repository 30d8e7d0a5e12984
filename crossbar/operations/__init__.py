"""What one does with an array; every operation returns a new state and never touches the old one."""
