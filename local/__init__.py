"""Keepsake on one machine: the real template on embedded parts, for `make run` and for the tests."""
