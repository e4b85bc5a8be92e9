"""The contracts, seen from Python: deployed, spoken to, followed by their events."""
