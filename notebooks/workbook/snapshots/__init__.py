"""taskmaster's models.py as it was at each revision: one complete module for each."""
