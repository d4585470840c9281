"""Requests made up from our own OpenAPI, always the same ones: none is answered with a fault of ours."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tuik8s.api.kinds import CONFIG_MAP, LEASE
from tuik8s.apiserver.http.openapi import documents

if TYPE_CHECKING:
    from tests.http.conftest import Served
    from tuik8s.apiserver.certificates import Pki

schemathesis: Any = pytest.importorskip("schemathesis")
requests: Any = pytest.importorskip("requests")

EXAMPLES = 4
ENDLESS = {"watch": "false", "timeoutSeconds": "1"}


@pytest.mark.parametrize("kind", [CONFIG_MAP, LEASE], ids=str)
async def test_requests_from_the_schema(served: Served, pki: Pki, kind: Any) -> None:
    schema = schemathesis.openapi.from_dict(documents.document([kind]))
    operations = [found.ok() for found in schema.get_all_operations()]
    with requests.Session() as session:
        how = {
            "base_url": served.url, "session": session, "verify": str(pki.authority),
            "cert": (str(pki.administrator.certificate), str(pki.administrator.key)),
        }  # fmt: skip
        for operation in operations:
            failures = await asyncio.to_thread(_fuzz, operation, how)
            assert not failures, failures


def _fuzz(operation: Any, how: dict[str, Any]) -> list[str]:
    failures: list[str] = []

    @settings(
        max_examples=EXAMPLES, derandomize=True, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy())
    def send(case: Any) -> None:
        case.query = {**(case.query or {}), **(ENDLESS if case.method == "GET" else {})}
        response = case.call(**how)
        told = f"{case.method} {case.formatted_path}: {response.status_code} {response.text[:300]}"
        refused = response.status_code >= 400
        if response.status_code >= 500 or (refused and response.json()["kind"] != "Status"):
            failures.append(told)

    send()
    return failures
