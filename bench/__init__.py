"""Benchmarks: each prints its floor and its peer from the same run, the machine, the ratio. None is a test."""
