"""A person's own kubeconfig file, changed in place.

What is not ours is not read into values and written again, but kept as the YAML nodes that it was: a token
`0123` or a field that nobody knows stays letter for letter. Only comments and blank lines are lost, as they
are to kubectl.
"""

from __future__ import annotations

import io
import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LISTS = {"clusters": "cluster", "users": "user", "contexts": "context"}
"""The lists of a kubeconfig, and the field of an entry beside its name."""
SIZE_LIMIT = 16 * 1024 * 1024
_MAP, _SEQUENCE, _STRING = "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:str"


class BadKubeconfig(Exception):
    """The file is not changed. The text continues a sentence that begins with its name."""


@contextmanager
def edited(path: Path) -> Iterator[Content]:
    """The content, written when the block ends: all of it or nothing, mode 0600, under kubectl's own lock.

    A link stays a link. Raises OSError for files, BadKubeconfig for what is in them.
    """
    path = _regular(path)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = path.with_name(f"{path.name}.lock")
    try:
        os.close(os.open(lock, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        raise BadKubeconfig(f"is being written by somebody else; if that is not so, remove {lock}") from None
    try:
        before = _read(path)
        content = Content(before)
        yield content
        if content.changed:
            _write(path, content.text())
    finally:
        lock.unlink(missing_ok=True)


class Content:
    """One kubeconfig. Raises BadKubeconfig for data that is none."""

    def __init__(self, data: bytes) -> None:
        self._root = _compose(data)
        self.changed = False

    def put(self, own: dict[str, Any]) -> None:
        """Make the entries of `own`, and its current context, those of the file. Entries of the same name
        give way at their place; a context keeps what ours does not say, such as a namespace."""
        for field, value in (("apiVersion", "v1"), ("kind", "Config")):
            if self._get(field) is None:
                self._set(field, value, first=True)
        for field, inner in LISTS.items():
            entries = self._entries(field)
            for entry in own[field]:
                _put(entries, entry, inner)
        self._set("current-context", own["current-context"])
        self.changed = True

    def remove(self, own: dict[str, Any]) -> bool:
        """Undo `put`, unless the cluster of that name trusts another authority, and so is another one."""
        cluster = own["clusters"][0]
        found = [node for node in self._entries("clusters") if _name(node) == cluster["name"]]
        authority = "certificate-authority-data"
        if not any(_text(_child(_child(node, "cluster"), authority)) == cluster["cluster"][authority]
                   for node in found):  # fmt: skip
            return False
        for field in LISTS:
            names = {entry["name"] for entry in own[field]}
            entries = self._entries(field)
            entries[:] = [node for node in entries if _name(node) not in names]
        if _text(self._get("current-context")) == own["current-context"]:
            self._set("current-context", "")
        self.changed = True
        return True

    def text(self) -> str:
        return yaml.serialize(self._root, Dumper=yaml.SafeDumper, allow_unicode=True, width=2**30)

    def _entries(self, field: str) -> list[Node]:
        node = self._get(field)
        if not isinstance(node, SequenceNode):  # missing, or null
            node = SequenceNode(_SEQUENCE, [], flow_style=False)
            self._replace(field, node)
        if not node.value:
            node.flow_style = False
        entries: list[Node] = node.value
        return entries

    def _get(self, field: str) -> Node | None:
        return _child(self._root, field)

    def _set(self, field: str, value: str, *, first: bool = False) -> None:
        self._replace(field, _node(value), first=first)

    def _replace(self, field: str, node: Node, *, first: bool = False) -> None:
        pairs = self._root.value
        for index, (key, _) in enumerate(pairs):
            if _text(key) == field:
                pairs[index] = (key, node)
                return
        pairs.insert(0 if first else len(pairs), (_node(field), node))


def _put(entries: list[Node], entry: dict[str, Any], inner: str) -> None:
    node = _node(entry)
    places = [index for index, old in enumerate(entries) if _name(old) == entry["name"]]
    if not places:
        entries.append(node)
        return
    if inner == "context":
        ours, theirs = _child(node, inner), _child(entries[places[0]], inner)
        if isinstance(ours, MappingNode) and isinstance(theirs, MappingNode):
            known = {_text(key) for key, _ in ours.value}
            ours.value += [pair for pair in theirs.value if _text(pair[0]) not in known]
    entries[places[0]] = node
    for index in reversed(places[1:]):  # kubectl refuses a file with two of one name
        del entries[index]


def _compose(data: bytes) -> MappingNode:
    try:
        root = yaml.compose(data, Loader=yaml.SafeLoader)
        if root is not None:
            yaml.safe_load(data)  # what composes may still not be what kubectl can read
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise BadKubeconfig(f"cannot be read, and was left as it is: {error}") from error
    if root is None or (isinstance(root, ScalarNode) and root.tag.endswith(":null")):
        return MappingNode(_MAP, [], flow_style=False)
    if not isinstance(root, MappingNode) or (_text(_child(root, "kind")) or "Config") != "Config":
        raise BadKubeconfig("is no kubeconfig, and was left as it is")
    names = [_text(key) for key, _ in root.value]
    for field in LISTS:
        node = _child(root, field)
        is_null = isinstance(node, ScalarNode) and node.tag.endswith(":null")
        if node is not None and not is_null and not isinstance(node, SequenceNode):
            raise BadKubeconfig(f"is no kubeconfig, for its {field} are no list, and was left as it is")
        if names.count(field) > 1:
            raise BadKubeconfig(f"says {field} twice, and was left as it is")
    return root


def _child(node: Node | None, field: str) -> Node | None:
    pairs = node.value if isinstance(node, MappingNode) else ()
    return next((value for key, value in pairs if _text(key) == field), None)


def _name(entry: Node) -> str:
    return _text(_child(entry, "name"))


def _text(node: Node | None) -> str:
    return str(node.value) if isinstance(node, ScalarNode) else ""


def _node(value: Any) -> Node:
    return yaml.SafeDumper(io.StringIO(), sort_keys=False, default_flow_style=False).represent_data(value)


def _regular(path: Path) -> Path:
    """Where the links lead."""
    try:
        path = path.resolve()
    except RuntimeError as error:  # of a link that leads to itself
        raise BadKubeconfig("is no regular file") from error
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise BadKubeconfig("is no regular file")
    return path


def _read(path: Path) -> bytes:
    if not path.exists():
        return b""
    if path.stat().st_size > SIZE_LIMIT:
        raise BadKubeconfig(f"has more than {SIZE_LIMIT // 2**20} MiB, and was left as it is")
    return path.read_bytes()


def _write(path: Path, text: str) -> None:
    fresh = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            if path.exists():
                with suppress(PermissionError):  # root may write for somebody else, whose file it stays
                    os.fchown(descriptor, path.stat().st_uid, path.stat().st_gid)
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
