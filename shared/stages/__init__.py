"""What happens to photos after their commit."""
