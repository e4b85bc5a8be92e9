"""Does a contract hold? A search over actions, with what must be true looked at every block."""
