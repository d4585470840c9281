"""How fast the API is over HTTPS, beside a server that answers canned bytes."""
