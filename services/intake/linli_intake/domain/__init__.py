"""Intake's pure rules: completeness, level, links, who a customer is, where a case stands."""
