"""What the kernel and udev say of cameras on USB."""
