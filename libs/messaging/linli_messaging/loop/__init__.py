"""The writer loop: one path for everything that changes state. Start with `writer.py`, then `transaction.py`."""
