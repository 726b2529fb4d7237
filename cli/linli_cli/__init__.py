"""The command line of Linli: demo, up, import, simulate, status, trace, parked, replay, policy."""
