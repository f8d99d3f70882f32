"""What the stand-ins have in common, whichever provider each of them plays."""
