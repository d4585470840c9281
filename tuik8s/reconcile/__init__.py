"""The controller kit of client-go in asyncio: informer, work queue, controller loop.

Guarantees: a key is held once and worked on by one worker at a time; a burst of changes to one object is one
reconcile; nothing is lost when a watch breaks (list again, diff against the cache); a worker that wrote waits
until its caches have seen its writes, so a reconcile never acts on a state older than its own last act.
"""

from tuik8s.reconcile.controller import Controller, TerminalError
from tuik8s.reconcile.informer import Informer, Informers
from tuik8s.reconcile.reconciler import Reconciler
from tuik8s.reconcile.workqueue import WorkQueue

__all__ = ["Controller", "Informer", "Informers", "Reconciler", "TerminalError", "WorkQueue"]
