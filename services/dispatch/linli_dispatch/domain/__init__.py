"""The pure rules of dispatch. Start with `ticket.py` and the two tables in `lifecycle.py` and `clocks.py`."""
