"""Callbacks, satisfaction and improvement after the work is done."""
