"""Documents that nobody writes by hand: made from the events, the services' maps, their applications and the policy."""
