"""`linli demo`: an invented property group lives one year, seeded, through real services. People act over HTTP only."""
