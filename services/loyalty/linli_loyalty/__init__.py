"""Members' points and tiers, kept in a ledger."""
