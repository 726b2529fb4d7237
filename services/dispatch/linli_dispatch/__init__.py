"""Tickets: owners, deadlines, escalation, contractors and repairs."""
