"""What counselor and client hand each other."""
