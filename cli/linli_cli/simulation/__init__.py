"""Playing time: the conductor of the stepped clock, its agenda, and `linli simulate`. People act over HTTP only."""
