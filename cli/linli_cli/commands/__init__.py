"""What `linli` can do, one command a module: reads its options, asks the services, shows the answer."""
