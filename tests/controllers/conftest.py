"""A control plane in which pods can be created."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tuik8s.api import kinds

if TYPE_CHECKING:
    from tests.support.control_plane import ControlPlane


@pytest.fixture
async def plane(control_plane: ControlPlane) -> ControlPlane:
    """Admission gives every pod the service account `default`, which must exist."""
    account = {"metadata": {"name": "default", "namespace": "default"}}
    await control_plane.client.create(kinds.SERVICE_ACCOUNT, account)
    return control_plane
