"""The pure rules of dispatch. Start with `ticket.py`, and the tables `lifecycle.py` and `deadlines/clock_table.py`.

Here stand the ticket, its course from opening to closing, and what all rules share; each package holds one capability.
"""
