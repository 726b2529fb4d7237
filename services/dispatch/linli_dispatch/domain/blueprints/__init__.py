"""Service blueprints: steps, quotations and failures of every kind of order (DSP-16 to DSP-18)."""
