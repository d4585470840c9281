"""Screens: the main one with its panes, and those pushed on top of it."""
