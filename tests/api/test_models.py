"""Kubernetes' own types by name, and what is not loaded for them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tuik8s.api.models import model_of, models_in


def test_types_have_names() -> None:
    assert model_of("core_v1:Pod").__struct_fields__[:3] == ("apiVersion", "kind", "metadata")
    for name in ("core_v1:Nothing", "nothing_v1:Pod", "", "Pod"):
        with pytest.raises(LookupError):
            model_of(name)
    assert models_in("nothing_v1") is None


def test_the_client_beside_them_is_loaded_for_who_asks_for_it() -> None:
    program = """
import sys
from tuik8s.api.models import model_of
pod = model_of("core_v1:Pod")
assert "lightkube.core.client" not in sys.modules
from lightkube import Client
from lightkube.resources.core_v1 import Pod
import lightkube
assert issubclass(Pod, pod)
assert lightkube.Client is Client is lightkube.core.client.Client
"""
    subprocess.run([sys.executable, "-c", program], check=True)
