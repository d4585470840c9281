"""Kubeconfig files: found, merged and read as kubectl does (k8s.io/client-go/tools/clientcmd).

KUBECONFIG lists files; what one of them says of a cluster, user or context is not changed by a later one.
Paths in a file are relative to it. Nothing here opens a connection.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from tuik8s.client.remote.problems import KubeconfigProblem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_LISTS = {"clusters": "cluster", "users": "user", "contexts": "context"}
_FILES = ("certificate-authority", "client-certificate", "client-key", "tokenFile")


@dataclass(frozen=True, slots=True)
class Context:
    """A cluster as some user, with a namespace to begin with."""

    name: str
    cluster: Mapping[str, Any]
    user: Mapping[str, Any]
    """Empty: anonymous."""
    namespace: str = ""
    directory: Path = field(default_factory=Path.cwd)
    """Of the file that has the user: relative commands of exec plug-ins start there."""


class Kubeconfig:
    """Entries by name, as they stand in the files; paths in them are absolute."""

    def __init__(self) -> None:
        self.clusters: dict[str, dict[str, Any]] = {}
        self.users: dict[str, dict[str, Any]] = {}
        self.contexts: dict[str, dict[str, Any]] = {}
        self.current = ""
        self.paths: tuple[Path, ...] = ()
        self._directories: dict[str, Path] = {}

    @classmethod
    def load(cls, paths: Sequence[Path], *, explicit: bool = False) -> Kubeconfig:
        """Files that do not exist are passed over, unless a person named them (`explicit`)."""
        found = cls()
        found.paths = tuple(paths)
        for path in paths:
            try:
                text = path.read_text(encoding="utf-8")
            except FileNotFoundError:
                if explicit:
                    raise KubeconfigProblem(f"{path}: no such file") from None
            except (OSError, UnicodeDecodeError) as error:
                raise KubeconfigProblem(f"{path} cannot be read: {error}") from error
            else:
                found._add(path, text)
        return found

    @classmethod
    def default(cls, environment: Mapping[str, str] | None = None, home: Path | None = None) -> Kubeconfig:
        return cls.load(default_paths(os.environ if environment is None else environment, home))

    def context(self, name: str = "") -> Context:
        """The one named, or the current one; the error for an unknown name lists those there are."""
        wanted = name or self.current
        if not wanted:
            raise KubeconfigProblem(f"{self._where()}: there is no current context; {self._known()}")
        entry = self.contexts.get(wanted)
        if entry is None:
            raise KubeconfigProblem(f'context "{wanted}" does not exist in {self._where()}; {self._known()}')
        cluster = self.clusters.get(str(entry.get("cluster")))
        if cluster is None:
            raise KubeconfigProblem(
                f'context "{wanted}" names the cluster "{entry.get("cluster")}", which {self._where()} lacks'
            )
        user_name = str(entry.get("user") or "")
        user = self.users.get(user_name, {})
        if user_name and user_name not in self.users:
            raise KubeconfigProblem(
                f'context "{wanted}" names the user "{user_name}", which {self._where()} lacks'
            )
        return Context(
            wanted, cluster, user, str(entry.get("namespace") or ""), self._directories.get(user_name, Path())
        )

    def _add(self, path: Path, text: str) -> None:
        content = _parsed(path, text)
        self.current = self.current or str(content.get("current-context") or "")
        for plural, singular in _LISTS.items():
            own: dict[str, dict[str, Any]] = getattr(self, plural)
            for name, entry in _entries(path, content, plural, singular):
                if name in own:
                    continue
                own[name] = _absolute(entry, path.parent)
                if plural == "users":
                    self._directories[name] = path.parent.absolute()

    def _where(self) -> str:
        return os.pathsep.join(map(str, self.paths)) or "the kubeconfig"

    def _known(self) -> str:
        if not self.contexts:
            return "it has no contexts; name another file with --kubeconfig or in KUBECONFIG"
        return f"known contexts: {', '.join(sorted(self.contexts))}"


def default_paths(environment: Mapping[str, str], home: Path | None = None) -> list[Path]:
    """What KUBECONFIG lists, or `~/.kube/config`."""
    listed = [Path(part).expanduser() for part in environment.get("KUBECONFIG", "").split(os.pathsep) if part]
    return list(dict.fromkeys(listed)) or [(home or Path.home()) / ".kube" / "config"]


def _parsed(path: Path, text: str) -> dict[str, Any]:
    try:
        content = yaml.load(text, Loader=_LOADER)
    except yaml.YAMLError as error:
        raise KubeconfigProblem(f"{path} is no YAML: {error}") from error
    if content is None:
        return {}
    if not isinstance(content, dict) or content.get("kind", "Config") != "Config":
        raise KubeconfigProblem(f"{path} is no kubeconfig: kind Config is expected")
    return content


def _entries(
    path: Path, content: dict[str, Any], plural: str, singular: str
) -> Iterable[tuple[str, dict[str, Any]]]:
    listed = content.get(plural) or []
    if not isinstance(listed, list):
        raise KubeconfigProblem(f"{path}: {plural} is no list")
    for number, entry in enumerate(listed):
        body = (entry.get(singular) or {}) if isinstance(entry, dict) else None
        if not isinstance(entry, dict) or not isinstance(body, dict) or not entry.get("name"):
            raise KubeconfigProblem(f"{path}: {plural}[{number}] is no entry with a name and a {singular}")
        yield str(entry["name"]), body


def _absolute(entry: dict[str, Any], directory: Path) -> dict[str, Any]:
    files = {
        name: str(directory.absolute() / Path(str(entry[name])).expanduser())
        for name in _FILES
        if entry.get(name)
    }
    return {**entry, **files}
