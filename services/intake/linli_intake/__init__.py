"""Requests from residents: received, graded, answered; the only place that knows who a customer is."""
