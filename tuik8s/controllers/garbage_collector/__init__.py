"""Delete what nobody owns any more (k8s.io/kubernetes/pkg/controller/garbagecollector).

`graph` answers who owns whom, `collector` decides what becomes of one object.
"""

from tuik8s.controllers.garbage_collector.collector import GarbageCollector

__all__ = ["GarbageCollector"]
