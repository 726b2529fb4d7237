"""One batch in memory: states and inputs go in, a plan of everything to store comes out. Pure."""
