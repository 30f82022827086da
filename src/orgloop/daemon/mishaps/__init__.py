"""What goes wrong in the process itself: errors nobody catches, and a reactor that hangs."""
