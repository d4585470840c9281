"""The rules of the Kubernetes API: pure functions over JSON-shaped objects.

Nothing here does input or output, waits, or knows which component asks. Objects are plain dicts as on the
wire (`Obj`); what came out of a cache or the store is shared and must never be changed in place: `copy` it.
"""
