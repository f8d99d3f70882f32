"""Fetching: how we ask addresses that strangers name, without being led where they could not go themselves."""
