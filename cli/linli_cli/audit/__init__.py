"""`linli audit`: reads every schema and the bus, changes nothing, and says what must not be. The oracle of fault tests.

What a service knows is read here from outside, against decision and lifecycle written down a second time, so that a
mistake in a rule is not its own judge. Only the projection from a state to its clocks is the service's own.
"""
