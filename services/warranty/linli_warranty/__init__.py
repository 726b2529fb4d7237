"""Warranty cover, contractors' deposits, deductions and releases."""
