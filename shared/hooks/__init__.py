"""Hooks: how organisations are told, at addresses of their own, what became of their photos."""
