"""What tests stand on: a real Postgres and a real broker, a clock that is set by hand, children that die where they
are told to.

What lives here is for tests only; no production code may import it.
"""
