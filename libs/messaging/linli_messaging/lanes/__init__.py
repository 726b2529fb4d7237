"""Lanes of other services: what is next, repeated, missing or restored, and how far they are complete. Mostly pure."""
