"""`tar`, as much of it as `kubectl cp` needs: `cf -` of paths, `xf -` into a directory, `tf -`.

Archives go through memory; members are files and directories. What a simulated container cannot hold is an
error, never cut off.
"""

from __future__ import annotations

import io
import posixpath
import tarfile
from typing import TYPE_CHECKING, NamedTuple

from tuik8s.cri.simulated.files import WRITE_LIMIT
from tuik8s.cri.simulated.paths import reason, resolve
from tuik8s.cri.simulated.process import READ, Output

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuik8s.cri.simulated.process import Process, Steps

ARCHIVE_LIMIT = 16 * 1024 * 1024
BLOCK = 512
FAILED = 1


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
    buffer, status = io.BytesIO(), 0
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for path in options.paths:
            where = posixpath.normpath(posixpath.join(base, path))
            try:
                for full in _walk(process, where):
                    name = path.rstrip("/") + full[len(where.rstrip("/")) :]
                    _add(process, archive, full, name.lstrip("/") or ".")
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
    received = bytearray()
    while not _is_complete(received):
        data = process.input.take()
        if data is None:
            yield READ
        elif not data:
            break
        elif len(received) + len(data) > ARCHIVE_LIMIT:
            yield Output(2, b"tar: archive too large for a simulated container\n")
            return FAILED
        else:
            received += data
    status = 0
    try:
        with tarfile.open(fileobj=io.BytesIO(received), mode="r:") as archive:
            for entry in archive:
                if options.verbose or options.mode == "t":
                    yield Output(1, f"{entry.name}\n".encode())
                if options.mode == "x" and (problem := _place(process, archive, entry, base)):
                    yield Output(2, f"tar: {entry.name}: {problem}\n".encode())
                    status = FAILED
    except tarfile.TarError:
        yield Output(2, b"tar: invalid tar magic\n" if received else b"tar: short read\n")
        return FAILED
    return status


def _is_complete(archive: bytearray) -> bool:
    """Whether the two empty blocks at the end have come; input may stay open after them."""
    place = 0
    while place + BLOCK <= len(archive):
        header = archive[place : place + BLOCK]
        if not any(header):
            return place + 2 * BLOCK <= len(archive)
        try:
            place += BLOCK + -(-tarfile.nti(header[124:136]) // BLOCK) * BLOCK  # type: ignore[attr-defined]
        except tarfile.TarError:
            return True
    return False


def _place(process: Process, archive: tarfile.TarFile, entry: tarfile.TarInfo, base: str) -> str:
    """What kept it from being placed."""
    target = posixpath.normpath(posixpath.join(base, entry.name.lstrip("/")))
    if not (target == base or target.startswith(base.rstrip("/") + "/")):
        return "name is outside of the directory, skipped"
    try:
        if entry.isdir():
            process.files.make_directory(target)
        elif not entry.isfile():
            return "only files and directories are simulated"
        elif entry.size > WRITE_LIMIT:
            return "No space left on device"
        else:
            content = archive.extractfile(entry)
            assert content is not None  # it is a file
            process.files.write(target, content.read())
    except OSError as error:
        return reason(error)
    return ""
