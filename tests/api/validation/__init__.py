"""Field errors, word for word."""
