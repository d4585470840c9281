"""What the README names is there, and what is there is named."""

from __future__ import annotations

import re
from pathlib import Path

from click import Context, Group

import tuik8s
from tuik8s.api import kinds
from tuik8s.api.uncontrolled import uncontrolled
from tuik8s.cli.main import main

ROOT = Path(tuik8s.__file__).parent
README = (ROOT.parent / "README.md").read_text()


def test_it_is_short() -> None:
    assert README.count("\n") <= 150


def test_every_command_is_named_and_every_named_command_exists() -> None:
    assert isinstance(main, Group)
    named = set(re.findall(r"^tuik8s \[?(\w+)\]?", README, re.MULTILINE))
    context = Context(main)
    commands = [main.get_command(context, name) for name in main.list_commands(context)]
    assert named == {command.name for command in commands if command and not command.hidden}


def test_every_package_has_its_place_in_the_reading_order() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    rows = "\n".join(line for line in README.splitlines() if line.startswith("| `"))
    assert {name for name in packages if f"`{name}`" not in rows} == set()


def test_modules_of_the_reading_order_exist() -> None:
    for line in README.splitlines():
        match = re.fullmatch(r"\| `(\w+)` \| (.*) \|", line)
        if match is None or not (ROOT / match[1]).is_dir():
            continue
        for module in re.findall(r"`(\w+)`", match[2]):
            path = ROOT / match[1] / module
            assert path.is_dir() or path.with_suffix(".py").exists(), f"{match[1]}/{module}"


def test_kinds_that_nothing_acts_on_are_named() -> None:
    text = "".join(README.partition("- Nothing acts yet on")[2].partition("\n- ")[0].split())
    groups = {
        "admissionregistration.k8s.io": ("webhooks", "admissionpolicies"),
        "resource.k8s.io": ("devicekinds",),
    }
    named = text.replace("PersistentVolume(Claim)", "PersistentVolume,PersistentVolumeClaim")
    for kind in kinds.SERVED:
        if uncontrolled(kind):
            assert any(word in named for word in (kind.kind, *groups.get(kind.group, ()))), kind.resource


def test_pictures_exist() -> None:
    for picture in re.findall(r"!\[[^]]*\]\(([^)]+)\)", README):
        assert (ROOT.parent / picture).is_file(), picture
