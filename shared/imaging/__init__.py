"""What is this picture, and is it whole? The only place that may import Pillow, and only when it decodes."""
