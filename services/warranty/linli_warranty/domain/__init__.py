"""The rules of warranty (WAR): coverage, deposits, the ledger, deductions, gates, releases. No I/O, no clock.

Read in this order: `coverage.py` (who is responsible for a defect), `chart.py` and `ledger.py` (where money stands),
`deposit.py` (a contract's account), `deductions.py`, `gates.py`, `release.py`.
"""
