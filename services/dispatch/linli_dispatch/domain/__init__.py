"""The pure rules of dispatch. Start with `ticket.py`, what is known of a case, and the tables in `lifecycle.py`, `clocks.py`."""
