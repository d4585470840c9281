"""Say what happened to an object: the two recorders of client-go.

`EventRecorder` (tools/record) writes core/v1 Events and counts those that repeat; most components use it.
`SeriesRecorder` (tools/events) writes events.k8s.io/v1 Events and makes those that repeat a series; as in
Kubernetes the scheduler and the service proxy use it.
"""

from tuik8s.client.events.counted import EventRecorder
from tuik8s.client.events.series import SeriesRecorder

__all__ = ["EventRecorder", "SeriesRecorder"]
