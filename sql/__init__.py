"""The database's shape, and how it changes."""
