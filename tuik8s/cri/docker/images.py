"""Images of the engine: looking up, pulling with progress, and the pause image."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from docker import APIClient
from docker.auth import encode_header

from tuik8s.cri.docker.engine import EngineRefused
from tuik8s.cri.docker.pause import pause_archive
from tuik8s.cri.protocol import Image, ImagePullFailed, RuntimeFault
from tuik8s.cri.references import parse_reference

if TYPE_CHECKING:
    from collections.abc import Callable

    from tuik8s.cri.docker.engine import Engine
    from tuik8s.cri.docker.wire import Wire
    from tuik8s.cri.protocol import RegistryCredentials

log = logging.getLogger(__name__)

UPSTREAM_PAUSE = "registry.k8s.io/pause:3.10"
OWN_PAUSE_REPOSITORY, OWN_PAUSE_TAG = "tuik8s-pause", "1"


async def find_image(engine: Engine, text: str) -> Image | None:
    reference = parse_reference(text)
    try:
        return _image(await engine.call(APIClient.inspect_image, reference.familiar))
    except EngineRefused as refusal:
        if refusal.status == 404:
            return None
        raise


async def all_images(engine: Engine) -> list[Image]:
    """Those with a name; layers and leftovers are not listed."""
    listed = await engine.call(APIClient.images)
    return [_image(item) for item in listed if item.get("RepoTags") or item.get("RepoDigests")]


async def pull_image(
    engine: Engine,
    wire: Wire,
    text: str,
    progress: Callable[[str], None],
    credentials: RegistryCredentials | None = None,
) -> Image:
    reference = parse_reference(text)
    auth = _auth_header(credentials) if credentials else await engine.registry_auth(reference.repository)
    query = {"fromImage": reference.repository, "tag": reference.digest or reference.tag or "latest"}
    headers = {"X-Registry-Auth": auth} if auth else {}
    try:
        async with await wire.request("POST", "/images/create", query, headers=headers) as stream:
            async for message in stream.lines():
                if "error" in message:
                    raise ImagePullFailed(str(message["error"]))
                progress(_words(message))
    except EngineRefused as refusal:
        raise ImagePullFailed(str(refusal)) from None
    found = await find_image(engine, text)
    if found is None:
        raise ImagePullFailed(f"{reference.familiar} was pulled and is not there")
    return found


async def ensure_pause_image(engine: Engine) -> str:
    """The name of an image that pauses: the upstream one when it is here, else our own, made on the spot."""
    for name in (UPSTREAM_PAUSE, f"{OWN_PAUSE_REPOSITORY}:{OWN_PAUSE_TAG}"):
        if await find_image(engine, name) is not None:
            return name
    version = await engine.call(APIClient.version)
    try:
        archive = await asyncio.to_thread(pause_archive, version["Arch"])
    except ValueError as error:
        raise RuntimeFault(f"{UPSTREAM_PAUSE} is not present, and {error}") from None
    await engine.call(
        APIClient.import_image_from_data, archive, repository=OWN_PAUSE_REPOSITORY, tag=OWN_PAUSE_TAG,
        changes=['ENTRYPOINT ["/pause"]'],
    )  # fmt: skip
    log.info("made the pause image %s:%s", OWN_PAUSE_REPOSITORY, OWN_PAUSE_TAG)
    return f"{OWN_PAUSE_REPOSITORY}:{OWN_PAUSE_TAG}"


def _image(details: dict[str, Any]) -> Image:
    return Image(
        id=details["Id"],
        tags=tuple(details.get("RepoTags") or ()),
        digests=tuple(details.get("RepoDigests") or ()),
        size=details.get("Size", 0),
        user=(details.get("Config") or {}).get("User") or "",
    )


def _auth_header(credentials: RegistryCredentials) -> str:
    return encode_header({"username": credentials.user, "password": credentials.password}).decode()


def _words(message: dict[str, Any]) -> str:
    layer = f"{message['id']}: " if "id" in message else ""
    bar = f" {message['progress']}" if message.get("progress") else ""
    return f"{layer}{message.get('status', '')}{bar}"
