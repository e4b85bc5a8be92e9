"""Runs of the model: one, kept on disk; later many."""
