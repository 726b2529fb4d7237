"""Repairs from coverage to signature, their reports, and re-entrusting (DSP-10 to DSP-14)."""
