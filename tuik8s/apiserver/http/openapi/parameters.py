"""The parameters of operations: what stands in the path and in the query."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj

_TEXTS = {
    "allowWatchBookmarks": (
        "boolean",
        "Asks for events of type BOOKMARK, which carry nothing but a revision.",
    ),
    "command": ("string", "The program to run and its arguments, one after another."),
    "container": ("string", "The container; it may be left out where there is only one."),
    "continue": ("string", "Where the list goes on: what the page before gave as metadata.continue."),
    "dryRun": ("string", "All: do everything but store the result."),
    "fieldManager": ("string", "The name under which the changed fields are owned; 128 bytes at most."),
    "fieldSelector": ("string", "Limits the list to objects whose fields match."),
    "fieldValidation": (
        "string",
        "What becomes of unknown and duplicate fields: Ignore drops them, Warn (the default) drops them and"
        " sends a warning for each, Strict refuses the request.",
    ),
    "follow": ("boolean", "Stay and send new lines as they are written."),
    "force": ("boolean", "Apply: take over fields that other managers own."),
    "gracePeriodSeconds": ("integer", "How long the object has to end; zero deletes it at once."),
    "labelSelector": ("string", "Limits the list to objects whose labels match."),
    "limit": ("integer", "The most objects of one answer; the rest follows by metadata.continue."),
    "limitBytes": ("integer", "End after so many bytes."),
    "orphanDependents": ("boolean", "Deprecated: use propagationPolicy."),
    "path": ("string", "The path of the URL to ask for."),
    "ports": ("integer", "The ports to forward."),
    "pretty": ("string", "If true, the answer is indented."),
    "previous": ("boolean", "The lines of the instance before."),
    "propagationPolicy": ("string", "What becomes of dependents: Orphan, Background or Foreground."),
    "resourceVersion": ("string", "The revision that the answer is about; empty is the latest."),
    "resourceVersionMatch": ("string", "How resourceVersion applies to a list: Exact or NotOlderThan."),
    "sendInitialEvents": (
        "boolean",
        "Begin a watch with all current objects and a bookmark annotated with k8s.io/initial-events-end.",
    ),
    "sinceSeconds": ("integer", "Lines of the last so many seconds."),
    "sinceTime": ("string", "Lines since this time, in RFC 3339 format."),
    "stderr": ("boolean", "Whether the standard error is wanted."),
    "stdin": ("boolean", "Whether the standard input is sent."),
    "stdout": ("boolean", "Whether the standard output is wanted."),
    "stream": ("string", "Which output of the container: All, Stdout or Stderr."),
    "tailLines": ("integer", "The last so many lines."),
    "timeoutSeconds": ("integer", "How long a list or watch lasts, whatever happens."),
    "timestamps": ("boolean", "Put the time of each line before it."),
    "tty": ("boolean", "Whether a terminal is wanted."),
    "watch": ("boolean", "Follow the resources, and send each of their changes as an event."),
}
_VALUES = {
    "dryRun": ("All",), "fieldValidation": ("Ignore", "Strict", "Warn"),
    "propagationPolicy": ("Background", "Foreground", "Orphan"),
    "resourceVersionMatch": ("Exact", "NotOlderThan"), "stream": ("All", "Stderr", "Stdout"),
}  # fmt: skip

PRETTY = ("pretty",)
LIST = (
    "allowWatchBookmarks", "continue", "fieldSelector", "labelSelector", "limit", "resourceVersion",
    "resourceVersionMatch", "sendInitialEvents", "timeoutSeconds", "watch",
)  # fmt: skip
WRITE = ("dryRun", "fieldManager", "fieldValidation")
PATCH = (*WRITE, "force")
DELETE = ("dryRun", "gracePeriodSeconds", "orphanDependents", "propagationPolicy")
DELETE_COLLECTION = (
    *DELETE, "continue", "fieldSelector", "labelSelector", "limit", "resourceVersion", "resourceVersionMatch",
    "sendInitialEvents", "timeoutSeconds",
)  # fmt: skip
LOG = (
    "container", "follow", "limitBytes", "previous", "sinceSeconds", "sinceTime", "stream", "tailLines",
    "timestamps",
)  # fmt: skip
STREAMS: dict[str, tuple[str, ...]] = {
    "exec": ("command", "container", "stderr", "stdin", "stdout", "tty"),
    "attach": ("container", "stderr", "stdin", "stdout", "tty"),
    "portforward": ("ports",),
    "proxy": ("path",),
}
"""Of the subresources that a client connects to."""


def in_query(name: str) -> Obj:
    kind, text = _TEXTS[name]
    schema: Obj = {"type": kind, "uniqueItems": True}
    if name in _VALUES:
        schema["enum"] = list(_VALUES[name])
    return {"name": name, "in": "query", "description": text, "schema": schema}


def in_path(name: str, text: str) -> Obj:
    schema = {"type": "string", "uniqueItems": True}
    return {"name": name, "in": "path", "description": text, "required": True, "schema": schema}


NAMESPACE = in_path("namespace", "object name and auth scope, such as for teams and projects")
PROXY_PATH = in_path("path", "path to the resource")


def name_of(kind: str) -> Obj:
    return in_path("name", f"name of the {kind}")
