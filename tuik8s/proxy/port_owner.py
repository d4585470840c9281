"""Who has a port of this host: for the message to the person who must decide what to do about it."""

from __future__ import annotations

from pathlib import Path

# State of a listening socket in the kernel's tables; a bound UDP socket has that of a closed one.
_LISTENING = {"TCP": "0A", "UDP": "07"}
_PROC = Path("/proc")


def owner_of(protocol: str, port: int) -> str:
    """`nginx (pid 123)`, or "" where the system does not tell. Reads files: call it in a thread."""
    inodes = _inodes(protocol, port)
    if not inodes:
        return ""
    for process in _PROC.glob("[0-9]*"):
        if inodes & _sockets(process):
            try:
                command = (process / "comm").read_text().strip()
            except OSError:
                command = "a process"
            return f"{command} (pid {process.name})"
    return ""


def _inodes(protocol: str, port: int) -> set[str]:
    found: set[str] = set()
    for table in (protocol.lower(), f"{protocol.lower()}6"):
        try:
            lines = (_PROC / "net" / table).read_text().splitlines()[1:]
        except OSError:
            continue  # no such table here
        for fields in map(str.split, lines):
            local, state, inode = fields[1], fields[3], fields[9]
            if int(local.rpartition(":")[2], 16) == port and state == _LISTENING[protocol]:
                found.add(inode)
    return found


def _sockets(process: Path) -> set[str]:
    links: set[str] = set()
    try:
        for descriptor in (process / "fd").iterdir():
            target = str(descriptor.readlink())
            if target.startswith("socket:["):
                links.add(target[len("socket:[") : -1])
    except OSError:
        return links  # it ended, or it is somebody else's
    return links
