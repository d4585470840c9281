"""Make the test images by hand: `python -m tests.images`."""

from __future__ import annotations

import docker

from tests.images import ensure_images

client = docker.from_env()
ensure_images(client)
client.close()
