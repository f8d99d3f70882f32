"""Keepsake's library: everything the functions share, deployed as one layer."""
