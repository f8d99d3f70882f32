"""Stores: where bytes live, one module per kind, behind one Protocol."""
