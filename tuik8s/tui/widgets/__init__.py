"""Widgets: each draws one model and tells its screen what the person did."""
