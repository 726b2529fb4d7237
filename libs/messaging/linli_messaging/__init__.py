"""Linli's delivery promises: lanes, outbox, relay, inbox, parking, replay, the writer loop."""
