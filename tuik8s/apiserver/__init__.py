"""The API server: registry, strategies, admission, patches and tables behind `Request` and `Response`.

Guarantees: a write that was answered is in the store; an object handed out is never changed afterwards; a
write that changes nothing writes nothing; of two writes based on the same revision one is refused.
"""

from tuik8s.apiserver.server import ApiServer

__all__ = ["ApiServer"]
