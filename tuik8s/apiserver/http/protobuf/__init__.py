"""Bodies in Kubernetes' protobuf encoding, as typed Go clients send them; answers are never protobuf.

Field numbers stand in `messages.txt`. What the table does not know is refused: nothing is silently lost.
"""

from tuik8s.apiserver.http.protobuf.decoding import decode

__all__ = ["decode"]
