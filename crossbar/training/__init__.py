"""Small networks of one hidden layer of spiking neurons, trained on rasters with a surrogate gradient: no torch."""
