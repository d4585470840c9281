"""Verbs on objects over a transport, and the event recorders.

This is the one door: components see the cluster only through a `Client`, each with its own identity, and so
run unchanged against the in-process API server or a remote one (`client.remote`).
"""

from tuik8s.client.causality import Cause, cause_of_this_task, writes_of_this_task
from tuik8s.client.client import Client
from tuik8s.client.events import EventRecorder, SeriesRecorder
from tuik8s.client.read_only import ReadOnlyTransport
from tuik8s.client.transport import ExecStream, LogOptions, Transport

__all__ = [
    "Cause", "Client", "EventRecorder", "ExecStream", "LogOptions", "ReadOnlyTransport",
    "SeriesRecorder", "Transport", "cause_of_this_task", "writes_of_this_task",
]  # fmt: skip
