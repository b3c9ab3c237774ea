"""A todo app on SQLite whose database can be at any revision of its history."""

__version__ = "0.1.0"
