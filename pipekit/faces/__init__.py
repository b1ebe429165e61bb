"""What people touch: the command line, watch, the screen. Faces fold events; nothing below knows them."""
