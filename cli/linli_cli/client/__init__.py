"""How the command line, the demo and simulations speak to the services: over HTTP, in no other way."""
