"""`tar`, as much of it as `kubectl cp` needs: `cf -` of paths, `xf -` into a directory, `tf -`.

Archives go through memory; members are files and directories. What a simulated container cannot hold is an
error, never cut off.
"""

from __future__ import annotations

import io
import posixpath
import tarfile
from typing import TYPE_CHECKING, NamedTuple, Self

from tuik8s.cri.simulated.files import WRITE_LIMIT
from tuik8s.cri.simulated.paths import reason, resolve
from tuik8s.cri.simulated.process import READ, Output, Pause

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuik8s.cri.simulated.process import Process, Steps

ARCHIVE_LIMIT = 16 * 1024 * 1024
BLOCK = 512
MEMBERS_PER_TURN = 16
"""How many are packed or unpacked before others get their turn."""
EXTENSIONS = (
    tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)  # fmt: skip
EXTENSION_LIMIT = 8 * 1024
"""Reading pax headers takes tarfile a time that grows with the square of their size."""
FAILED = 1
TOO_LARGE = Output(2, b"tar: archive too large for a simulated container\n")
INVALID = Output(2, b"tar: invalid tar magic\n")
# What a crafted header makes tarfile raise, besides its own errors.
_BROKEN = (tarfile.TarError, ArithmeticError, LookupError, RecursionError, ValueError)


class _Usage(ValueError):
    """The command line is not one that is simulated."""


class _Options(NamedTuple):
    mode: str
    """c, x or t."""
    directory: str
    paths: list[str]
    verbose: bool


def tar(process: Process, words: list[str]) -> Steps:
    try:
        options = _parse(words[1:])
    except _Usage as error:
        yield Output(2, f"tar: {error}\n".encode())
        return FAILED
    base = resolve(process, options.directory)
    if not process.files.is_directory(base):
        yield Output(2, f"tar: can't change directory to '{options.directory}': No such file or directory\n"
                     .encode())  # fmt: skip
        return FAILED
    if options.mode == "c":
        return (yield from _create(process, base, options))
    return (yield from _extract(process, base, options))


def _parse(words: list[str]) -> _Options:
    """Flags in one word with or without a dash, `-C DIR`, `-f -`; everything else is a path."""
    flags, directory, paths = "", ".", list[str]()
    rest = [words[0] if words and words[0].startswith("-") else "-" + words[0], *words[1:]] if words else []
    while rest:
        word = rest.pop(0)
        if word.startswith("--"):
            raise _Usage(f"unrecognized option '{word}' (simulated)")
        if not word.startswith("-") or word == "-":
            paths.append(word)
            continue
        flags += word[1:]
        for flag in word[1:]:
            if flag in "fC" and not rest:
                raise _Usage(f"option requires an argument -- '{flag}'")
            if flag == "C":
                directory = rest.pop(0)
            elif flag == "f" and rest.pop(0) != "-":
                raise _Usage("only archives on standard input and output are simulated")
    modes = [flag for flag in flags if flag in "cxt"]
    unknown = set(flags) - set("cxtfCmpvoh")
    if len(modes) != 1 or unknown:
        raise _Usage(f"invalid option -- '{min(unknown)}'" if unknown else "must specify one of -c, -x, -t")
    return _Options(modes[0], directory, paths, "v" in flags)


# Writing ------------------------------------------------------------------------------------------------


def _create(process: Process, base: str, options: _Options) -> Steps:
    buffer, status, count = io.BytesIO(), 0, 0
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for path in options.paths:
            where = posixpath.normpath(posixpath.join(base, path))
            try:
                for full in _walk(process, where):
                    name = path.rstrip("/") + full[len(where.rstrip("/")) :]
                    _add(process, archive, full, name.lstrip("/") or ".")
                    if buffer.tell() > ARCHIVE_LIMIT:
                        yield TOO_LARGE
                        return FAILED
                    count += 1
                    if count % MEMBERS_PER_TURN == 0:
                        yield Pause(0)
            except OSError as error:
                yield Output(2, f"tar: {path}: {reason(error)}\n".encode())
                status = FAILED
    yield Output(1, buffer.getvalue())
    return status


def _walk(process: Process, path: str) -> Iterator[str]:
    yield path
    if process.files.is_directory(path):
        for name in process.files.list(path):
            yield from _walk(process, posixpath.join(path, name))


def _add(process: Process, archive: tarfile.TarFile, path: str, name: str) -> None:
    entry = tarfile.TarInfo(name)
    entry.mtime = int(process.now().timestamp())
    if process.files.is_directory(path):
        entry.type, entry.mode = tarfile.DIRTYPE, 0o755
        archive.addfile(entry)
        return
    data = process.files.read(path)
    if process.files.size(path) > len(data):
        raise OSError(f"file too large for a simulated container (more than {len(data)} bytes)")
    entry.size, entry.mode = len(data), 0o644
    archive.addfile(entry, io.BytesIO(data))


# Reading ------------------------------------------------------------------------------------------------


def _extract(process: Process, base: str, options: _Options) -> Steps:
    received = _Received()
    try:
        while not received.is_complete():
            data = process.input.take()
            if data is None:
                yield READ
            elif not data:
                break
            elif len(received.data) + len(data) > ARCHIVE_LIMIT:
                yield TOO_LARGE
                return FAILED
            else:
                received.data += data
        with tarfile.open(fileobj=io.BytesIO(received.data), mode="r:", tarinfo=_Entry) as archive:
            return (yield from _members(process, archive, base, options))
    except _BROKEN:
        yield INVALID if received.data else Output(2, b"tar: short read\n")
        return FAILED


def _members(process: Process, archive: tarfile.TarFile, base: str, options: _Options) -> Steps:
    status, place = 0, 0
    for count, entry in enumerate(archive, 1):
        # Records of a pax header come before what the header itself says.
        if entry.size < 0 or archive.offset <= place:
            raise tarfile.ReadError(f"invalid size {entry.size}")
        place = archive.offset
        # Names that are no UTF-8 go out as they came.
        name = entry.name.encode(errors="surrogateescape")
        if options.verbose or options.mode == "t":
            yield Output(1, name + b"\n")
        if options.mode == "x" and (problem := _place(process, archive, entry, base)):
            yield Output(2, b"tar: " + name + f": {problem}\n".encode())
            status = FAILED
        if count % MEMBERS_PER_TURN == 0:
            yield Pause(0)
    return status


class _Entry(tarfile.TarInfo):
    """Refuses headers that would lead tarfile backwards, or keep it busy."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        entry = super().frombuf(buf, encoding, errors)
        if entry.size < 0 or (entry.type in EXTENSIONS and entry.size > EXTENSION_LIMIT):
            raise tarfile.ReadError(f"invalid size {entry.size}")
        return entry


class _Received:
    """An archive as it comes; input may stay open after the two empty blocks at its end."""

    def __init__(self) -> None:
        self.data = bytearray()
        self._place = 0

    def is_complete(self) -> bool:
        """Raises TarError for what cannot be followed; looks at each header once."""
        while self._place + BLOCK <= len(self.data):
            header = self.data[self._place : self._place + BLOCK]
            if not any(header):
                return self._place + 2 * BLOCK <= len(self.data)
            size: int = tarfile.nti(header[124:136])  # type: ignore[attr-defined]
            if size < 0:
                raise tarfile.ReadError(f"invalid size {size}")
            self._place += BLOCK + -(-size // BLOCK) * BLOCK
        return False


def _place(process: Process, archive: tarfile.TarFile, entry: tarfile.TarInfo, base: str) -> str:
    """What kept it from being placed."""
    target = posixpath.normpath(posixpath.join(base, entry.name.lstrip("/")))
    if not (target == base or target.startswith(base.rstrip("/") + "/")):
        return "name is outside of the directory, skipped"
    try:
        if entry.isdir():
            process.files.make_directory(target)
        elif not entry.isfile() or entry.issparse():
            return "only files and directories are simulated"
        elif entry.size > WRITE_LIMIT:
            return "No space left on device"
        else:
            content = archive.extractfile(entry)
            assert content is not None  # it is a file
            process.files.write(target, content.read())
    except OSError as error:
        return reason(error)
    except ValueError:
        return "Invalid argument"
    return ""
