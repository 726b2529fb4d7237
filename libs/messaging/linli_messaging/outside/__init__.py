"""What is done outside of the group of services, after the commit: intents and their runner (promise 9)."""
