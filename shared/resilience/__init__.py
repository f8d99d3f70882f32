"""Staying within the time there is, and trying again inside it."""
