"""Postgres and a Kafka-compatible broker as child processes, without Docker or Java."""
