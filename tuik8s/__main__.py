"""`python -m tuik8s`."""

from tuik8s.cli import main

main()
