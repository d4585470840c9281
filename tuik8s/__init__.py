"""A whole Kubernetes cluster in one terminal window."""

__version__ = "0.1.0"
