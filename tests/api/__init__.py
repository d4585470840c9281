"""The pure rules of `tuik8s.api`, checked against what Kubernetes says and prints."""
