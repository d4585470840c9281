"""What keeps the tree readable: sizes, names, and a cluster that does not load the interface."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import tuik8s

ROOT = Path(tuik8s.__file__).parent
MODULES = sorted(ROOT.rglob("*.py"))
LONGEST_MODULE, LONGEST_FUNCTION = 500, 60


def names(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths]


@pytest.mark.parametrize("path", MODULES, ids=names(MODULES))
def test_a_module_is_short_enough_to_read(path: Path) -> None:
    assert path.read_text().count("\n") <= LONGEST_MODULE


@pytest.mark.parametrize("path", MODULES, ids=names(MODULES))
def test_functions_fit_a_screen(path: Path) -> None:
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, functions):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= LONGEST_FUNCTION, f"{path.name}:{node.lineno} {node.name} has {length} lines"


def test_every_package_says_what_it_is_for() -> None:
    silent = [
        path for path in ROOT.rglob("__init__.py") if not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert names(silent) == []


def test_no_module_is_a_drawer() -> None:
    drawers = {"utils.py", "helpers.py", "misc.py", "common.py", "manager.py"}
    assert [path for path in MODULES if path.name in drawers] == []


@pytest.mark.parametrize("module", ["tuik8s.cluster", "tuik8s.cli.main"])
def test_the_interface_is_loaded_only_when_it_is_shown(module: str) -> None:
    program = f"import sys, {module}; sys.exit('textual' in sys.modules or 'rich' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_what_the_first_frame_does_not_show_is_loaded_later() -> None:
    later = ["tuik8s.tui.describe", "tuik8s.tui.screens.dialogs", "tuik8s.tui.actions.views", "yaml"]
    program = f"import sys, tuik8s.tui.app; sys.exit(not sys.modules.keys().isdisjoint({later}))"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
