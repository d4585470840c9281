"""What can be wrong with a volume."""

from __future__ import annotations


class VolumeProblem(Exception):
    """The volume cannot be set up now; the text goes into a FailedMount event."""
