"""The use cases: what happens to a photo, from the first word of a client to the commit."""
