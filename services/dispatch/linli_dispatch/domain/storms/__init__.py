"""Storm mode: recognised, grouped, given out over the whole set (DSP-09)."""
