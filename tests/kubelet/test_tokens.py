"""Service account tokens in volumes: asked for as the node, written, and renewed in time."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import jwt
import pytest

from tests.kubelet.bench import NODE, Bench, container
from tests.support.control_plane import ControlPlane
from tuik8s.api import kinds
from tuik8s.api.errors import Forbidden
from tuik8s.apiserver.authentication.service_accounts import TokenIssuer
from tuik8s.apiserver.authentication.signing_key import new_signing_key

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tuik8s.api.objects import Obj

pytestmark = pytest.mark.looptime
PLACE = "/var/run/secrets/kubernetes.io/serviceaccount"


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """Admission mounts tokens; the authority's certificate is there."""
    plane = await ControlPlane.start(disabled_admission=(), issuer=TokenIssuer(new_signing_key()))
    bench = Bench(plane, tmp_path)
    await bench.prepare()
    await bench.create(kinds.CONFIG_MAP, "kube-root-ca.crt", data={"ca.crt": "PEM"})
    async with bench.running():
        yield bench
    plane.verify_unchanged()
    await plane.close()


def mounted(bench: Bench) -> Path:
    mounts = bench.runtime.configs["web"].mounts
    return next(Path(mount.host_path) for mount in mounts if mount.container_path == PLACE)


def claims_of(path: Path) -> Obj:
    claims: Obj = jwt.decode((path / "token").read_text(), options={"verify_signature": False})
    return claims


async def test_every_pod_has_its_token_mounted(bench: Bench) -> None:
    made = await bench.pod()
    await bench.until_ready()
    path = mounted(bench)
    assert [(path / name).read_text() for name in ("ca.crt", "namespace")] == ["PEM", "default"]
    claims = claims_of(path)["kubernetes.io"]
    assert claims["pod"] == {"name": "web", "uid": made["metadata"]["uid"]}
    assert claims["node"]["name"] == NODE


async def test_a_token_is_renewed_after_four_fifths_of_its_life(bench: Bench) -> None:
    await bench.pod()
    await bench.until_ready()
    path = mounted(bench)
    first = claims_of(path)
    life = 3607
    await asyncio.sleep(life * 0.8 - 60)
    assert claims_of(path)["jti"] == first["jti"]
    await asyncio.sleep(120)
    renewed = claims_of(path)
    assert renewed["jti"] != first["jti"]
    assert renewed["iat"] - first["iat"] == pytest.approx(life * 0.8, abs=60)


async def test_a_token_for_somebody_else(bench: Bench) -> None:
    source = {"serviceAccountToken": {"path": "vault", "audience": "vault", "expirationSeconds": 900}}
    volume = {"name": "v", "projected": {"sources": [source]}}
    mounts = [{"name": "v", "mountPath": PLACE}]
    await bench.pod(volumes=[volume], containers=[container(volumeMounts=mounts)])
    await bench.until_ready()
    path = mounted(bench)
    claims = jwt.decode((path / "vault").read_text(), options={"verify_signature": False})
    assert (claims["aud"], claims["exp"] - claims["iat"]) == (["vault"], 900)
    assert not (path / "token").exists()  # the place was taken: nothing was mounted over it


async def test_without_an_account_there_is_no_token(bench: Bench) -> None:
    await bench.client.delete(kinds.SERVICE_ACCOUNT, "default", "default")
    with pytest.raises(Forbidden, match='serviceaccount "default" not found'):
        await bench.pod()
