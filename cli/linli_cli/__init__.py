"""The command line of Linli; its commands are the table in `main.py`."""
