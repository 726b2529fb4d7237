"""Postgres and Kafka for tests, clock, fault injection, builders."""
