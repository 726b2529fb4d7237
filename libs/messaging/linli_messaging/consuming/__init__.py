"""Records come in from the bus: read, handed to the loop, acknowledged after the commit (promises 4, 6, 11)."""
