"""Which images are present, and pulling that only takes time."""

from __future__ import annotations

import asyncio
import hashlib
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from tuik8s.cri.protocol import Image, ImagePullFailed
from tuik8s.cri.references import Reference, parse_reference
from tuik8s.cri.simulated.behaviour import ImageBehaviour, image_behaviour

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tuik8s.cri.protocol import PodSandboxConfig

PULL_SECONDS = 0.2
LAYERS = 4
_MEBIBYTE = 2**20


class SimulatedImages:
    """Present are local names and what was pulled; a digest depends on the name and the seed only."""

    def __init__(self, seed: int, is_local: Callable[[str], bool]) -> None:
        self._seed = seed
        self._is_local = is_local
        self._present: dict[str, Image] = {}
        self._pulling: dict[str, asyncio.Future[None]] = {}
        self.lost: set[str] = set()
        """Globs over names that are nowhere to be had, whatever was pulled before."""

    def present(self, text: str, annotations: Mapping[str, str]) -> Image | None:
        reference = parse_reference(text)
        behaviour = self._behaviour(text, reference, annotations)
        if behaviour.missing:
            return None
        found = self._present.get(reference.familiar)
        if found is None and self._is_local(text):
            found = self._add(reference, behaviour.size)
        return found

    def all(self) -> list[Image]:
        return list(self._present.values())

    async def pull(
        self, text: str, progress: Callable[[str], None], sandbox: PodSandboxConfig | None
    ) -> Image:
        """Pulls of one name at a time; those that come meanwhile wait for the first."""
        reference = parse_reference(text)
        behaviour = self._behaviour(text, reference, sandbox.annotations if sandbox else {})
        name = reference.familiar
        while name in self._pulling:
            await asyncio.shield(self._pulling[name])
        if (found := self._present.get(name)) is not None and not behaviour.missing:
            progress(f"Status: Image is up to date for {name}")
            return found
        self._pulling[name] = asyncio.get_running_loop().create_future()
        try:
            await self._download(reference, behaviour, progress)
        finally:
            self._pulling.pop(name).set_result(None)
        return self._add(reference, behaviour.size)

    async def _download(
        self, reference: Reference, behaviour: ImageBehaviour, progress: Callable[[str], None]
    ) -> None:
        seconds = PULL_SECONDS if behaviour.delay is None else behaviour.delay
        progress(f"Pulling from {reference.path}")
        if behaviour.missing:
            await asyncio.sleep(seconds)
            raise ImagePullFailed(
                f'failed to resolve reference "{reference.normalized}": {reference.normalized}: not found'
            )
        for layer in range(LAYERS):
            await asyncio.sleep(seconds / LAYERS)
            digest = self._digest(f"{reference.familiar}/{layer}")[:12]
            progress(f"{digest}: Pull complete ({layer + 1}/{LAYERS}, simulated)")
        progress(f"Status: Downloaded newer image for {reference.familiar}")

    def _behaviour(self, text: str, reference: Reference, annotations: Mapping[str, str]) -> ImageBehaviour:
        globs, behaviour = image_behaviour(annotations)
        names = (text, reference.familiar, reference.repository)
        listed = {glob.strip() for glob in globs.split(",")} - {""}
        missing = any(fnmatchcase(name, glob) for glob in listed | self.lost for name in names)
        return ImageBehaviour(missing, behaviour.delay, behaviour.size)

    def _add(self, reference: Reference, size: int) -> Image:
        name = reference.familiar
        digest = self._digest(name)
        manifest = reference.digest or f"sha256:{self._digest(f'{name}@manifest')}"
        image = Image(
            id=f"sha256:{digest}",
            tags=() if reference.digest else (name,),
            digests=(f"{reference.repository}@{manifest}",),
            size=size or (4 + int(digest[:2], 16)) * _MEBIBYTE,
        )
        self._present[name] = image
        return image

    def _digest(self, text: str) -> str:
        return hashlib.sha256(f"{self._seed}/{text}".encode()).hexdigest()
