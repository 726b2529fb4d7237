"""Linli's delivery promises: lanes, outbox, relay, inbox, parking, replay, the writer loop.

A record comes in through `consuming`, waits in its lane (`lanes`), is decided in memory (`batch`) inside the one
transaction of the `loop`; its facts go out through `producing`, what it asks of the world through `outside`. What a
service declares of itself is a `service_map.ServiceMap`.
"""
