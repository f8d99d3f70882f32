"""Embedders: what turns a photo, or words about one, into a vector whose neighbours look alike."""
