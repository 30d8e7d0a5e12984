"""Arrays of self-gated LiWES devices and what one does with them."""
