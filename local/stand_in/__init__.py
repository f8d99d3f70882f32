"""What stands in for Cloudinary on one machine: its Upload API, Admin API and delivery, on one loopback port."""
