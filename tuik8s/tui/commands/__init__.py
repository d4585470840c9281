"""The `:` line and the palette: what can be typed instead of pressed."""
