"""A thousand broken files beside a good one: each is reported, and the good one is applied."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from tuik8s.api import kinds
from tuik8s.applier import FolderApplier
from tuik8s.applier.documents import SIZE_LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.control_plane import ControlPlane

GOOD = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: good\ndata:\n  a: b\n"
DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
  labels: {{app: web}}
spec:
  replicas: 2
  selector:
    matchLabels: {{app: web}}
  template:
    metadata:
      labels: {{app: web}}
    spec:
      containers:
      - name: web
        image: nginx:1.27
        ports:
        - containerPort: 80
        resources:
          limits: {{cpu: 100m, memory: 64Mi}}
"""
BROKEN_COUNT = 1000

# Each replaces something of a valid Deployment, so that it cannot be applied any more.
REPLACEMENTS = [
    ("apps/v1", "apps/v9"),
    ("Deployment", "Deploymnt"),
    ("kind:", "knd:"),
    ("replicas: 2", "replicas: two"),
    ("replicas: 2", "replicas: -1"),
    ("replicas: 2", "replicas: 2.5"),
    ("replicas: 2", "replicas: {a: b}"),
    ("replicas: 2", "replica: 2"),
    ("app: web}\n  template", "app: other}\n  template"),
    ("cpu: 100m", "cpu: fast"),
    ("64Mi", "64Mb"),
    ("containerPort: 80", "containerPort: 80000"),
    ("containerPort: 80", "containerPort: http"),
    ("- name: web", "- name: We_b"),
    ("image: nginx:1.27", "imag: nginx"),
    ("image: nginx:1.27", 'image: ""'),
    ("containers:", "container:"),
    ("metadata:\n  name", "metadata:\n  nam"),
    ("labels: {app: web}\nspec", "labels: [app]\nspec"),
    ("matchLabels: {app: web}", "matchLabels: {app: -web-}"),
    ("spec:\n  replicas", "spc:\n  replicas"),
    ("template:", "templates:"),
    ("selector:", "selectors:"),
    ("- containerPort", "- hostPort: x\n          containerPort"),
]


def deployment(name: str) -> str:
    return DEPLOYMENT.format(name=name)


def replaced(source: random.Random, name: str) -> bytes:
    old, new = source.choice(REPLACEMENTS)
    text = deployment(name)
    assert old in text, old
    return text.replace(old, new, 1).encode()


def truncated(source: random.Random, name: str) -> bytes:
    text = deployment(name)
    end = text.index("  template:") - source.randrange(4)
    return text[:end].encode()


def torn(source: random.Random, name: str) -> bytes:
    """Flow collections that never close, tabs, bad indentation, stray colons."""
    lines = deployment(name).splitlines()
    line = source.randrange(1, len(lines))
    lines.insert(
        line,
        source.choice(["\t- x", "  x: [1, 2", "x: {", "a: b: c", "  - : -\n x", "%BAD", "!!nope x", "&"]),
    )
    return "\n".join(lines).encode()


def binary(source: random.Random, _: str) -> bytes:
    return source.randbytes(source.randrange(1, 400)) + b"\xff\0"


def not_utf8(source: random.Random, name: str) -> bytes:
    data = bytearray(deployment(name).encode())
    data[source.randrange(len(data))] = source.choice([0x80, 0xC3, 0xFF])
    return bytes(data)


def nested(source: random.Random, _: str) -> bytes:
    depth = source.choice([200, 2_000, 100_000])
    return source.choice([b"a: " + b"[" * depth, b"[" * depth + b"]" * depth, b"- " * depth, b"{a: " * depth])


def bomb(source: random.Random, _: str) -> bytes:
    width = source.randrange(8, 12)
    lines = [f"a0: &a0 [{', '.join(['x'] * width)}]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * width)}]" for n in range(1, 10)]
    return "\n".join(lines).encode()


def nonsense(source: random.Random, _: str) -> bytes:
    return source.choice(
        [b"42", b"- a\n- b", b"hello: world", b'"text"', b"true", b"kind: Pod", b"[]", b"{}"]
    )


def large(source: random.Random, name: str) -> bytes:
    filler = source.choice([b"# filler\n", b"- 1\n", b"a"])
    return deployment(name).encode() + filler * (SIZE_LIMIT // len(filler) + 1)


KINDS: list[tuple[Callable[[random.Random, str], bytes], int]] = [
    (replaced, 40),
    (truncated, 10),
    (torn, 20),
    (binary, 10),
    (not_utf8, 10),
    (nested, 3),
    (bomb, 3),
    (nonsense, 10),
]


async def test_each_of_a_thousand_broken_files_is_reported(
    control_plane: ControlPlane, tmp_path: Path
) -> None:
    source = random.Random(1)
    makers = source.choices(
        [maker for maker, _ in KINDS], [weight for _, weight in KINDS], k=BROKEN_COUNT - 3
    )
    for number, maker in enumerate([*makers, large, large, large]):
        name = f"{number:04}-{maker.__name__}"
        (tmp_path / f"{name}.yaml").write_bytes(maker(source, f"x{number}"))
    (tmp_path / "good.yaml").write_text(GOOD)
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "nowhere.yaml").symlink_to(tmp_path / "none")
    applier = FolderApplier(control_plane.client, [tmp_path], kinds.KindRegistry(), clock=control_plane.clock)

    await applier.sync()

    statuses = {file.path: file for file in applier.statuses()}
    assert statuses.pop("good.yaml").state == "applied"
    assert len(statuses) == BROKEN_COUNT + 1
    assert [path for path, file in statuses.items() if file.state != "error" or not file.message] == []
    assert await control_plane.client.get(kinds.CONFIG_MAP, "default", "good")
    assert (await control_plane.client.list(kinds.DEPLOYMENT))["items"] == []
