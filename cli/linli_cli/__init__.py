"""The command line of Linli: demo, up, import, simulate, status, trace, why, parked, replay, policy."""
