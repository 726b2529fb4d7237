"""The pure rules of followup: when people may be called, callbacks, closing counts. No I/O, no clock, no randomness."""
