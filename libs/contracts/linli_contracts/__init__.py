"""Linli's events, topics and lanes; depends on pydantic only."""
