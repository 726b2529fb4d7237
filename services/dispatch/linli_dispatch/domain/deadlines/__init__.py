"""Clocks, the ladder they climb, warnings and waits (DSP-02, DSP-03, DSP-06, DSP-20). Start with `clock_table.py`."""
