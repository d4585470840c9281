"""Images for tests with a Docker engine, made on the spot from Debian's static busybox: nothing is pulled."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from docker.errors import ImageNotFound

if TYPE_CHECKING:
    import docker

BUSYBOX = Path("/bin/busybox")
APPLETS = (
    "sh", "cat", "echo", "env", "false", "grep", "head", "hostname", "httpd", "id", "ip", "kill", "ls",
    "mkdir", "mount", "nc", "ps", "pwd", "rm", "seq", "sleep", "sort", "stat", "stty", "tail", "test",
    "touch", "tr", "true", "wc", "wget", "nslookup", "date", "dd", "yes", "printf", "awk", "od", "df",
    "chmod", "tar",
)  # fmt: skip
LABEL = "LABEL io.tuik8s.test=image"

# Every path is answered; the body says who answers, so that the replicas of a Service can be told apart.
PAGE = r"""#!/bin/sh
read -r method path rest || exit 0
end=$(printf '\r')
while read -r line; do
  if [ "$line" = "$end" ] || [ -z "$line" ]; then break; fi
done
body="This is server
hostname: $(hostname)
ip: $(hostname -i)
path: $path
"
printf 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s' \
  "${#body}" "$body"
"""
SERVE = """#!/bin/sh
trap 'exit 0' TERM INT
echo "This is server, listening on ${PORT:-8080}"
nc -ll -p "${PORT:-8080}" -e /bin/page &
wait
"""


Files: TypeAlias = "dict[str, tuple[int, bytes | str]]"
"""Path to mode and content; a string is a symbolic link's target."""


def ensure_images(client: docker.DockerClient) -> None:
    """Make `busybox:latest` and `service_test:latest` where they are missing."""
    if not _present(client, "busybox:latest"):
        _import(client, "busybox", _busybox_files(), ['CMD ["sh"]', "ENV PATH=/bin"])
    if not _present(client, "service_test:latest"):
        changes = ['CMD ["/bin/serve"]', "EXPOSE 8080", "ENV PATH=/bin"]
        _import(client, "service_test", _busybox_files() | _service_files(), changes)


def image_archive(files: Files) -> bytes:
    """A root file system: busybox, its applets, and these files."""
    return _archive(_busybox_files() | files)


def _present(client: docker.DockerClient, name: str) -> bool:
    try:
        client.images.get(name)
    except ImageNotFound:
        return False
    return True


def _import(
    client: docker.DockerClient,
    repository: str,
    files: Files,
    changes: list[str],
) -> None:
    client.api.import_image_from_data(
        _archive(files), repository=repository, tag="latest", changes=[*changes, LABEL]
    )


def _busybox_files() -> Files:
    files: Files = {"bin/busybox": (0o755, BUSYBOX.read_bytes())}
    files |= {f"bin/{applet}": (0o777, "busybox") for applet in APPLETS}
    files["etc/passwd"] = (0o644, b"root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n")
    files["etc/group"] = (0o644, b"root:x:0:\nnobody:x:65534:\n")
    return files


def _service_files() -> Files:
    return {"bin/serve": (0o755, SERVE.encode()), "bin/page": (0o755, PAGE.encode())}


def _archive(files: Files) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for directory in ("tmp", "root", "proc", "sys", "dev", "etc"):
            entry = tarfile.TarInfo(directory)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o1777 if directory == "tmp" else 0o755
            archive.addfile(entry)
        for path, (mode, content) in files.items():
            entry = tarfile.TarInfo(path)
            entry.mode = mode
            if isinstance(content, str):
                entry.type, entry.linkname = tarfile.SYMTYPE, content
                archive.addfile(entry)
            else:
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()
