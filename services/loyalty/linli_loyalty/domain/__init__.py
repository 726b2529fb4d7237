"""The pure rules of loyalty: members, lots of points, their ledger. No I/O, no clock, no randomness."""
