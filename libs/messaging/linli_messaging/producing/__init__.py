"""Facts go out to the bus, and into the archive when they were told long ago (promises 3 and 7)."""
