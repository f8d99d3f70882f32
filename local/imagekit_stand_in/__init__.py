"""What stands in for ImageKit on one machine: its API and its delivery, on one loopback port."""
