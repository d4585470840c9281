"""The pause program, assembled here, so that a sandbox needs nothing from a registry.

It owns a pod's namespaces: it waits, reaps children when the pod shares its processes, and ends with 0 on
SIGTERM or SIGINT. The three signals are blocked and taken by rt_sigtimedwait: as process 1 a signal with its
default action would be dropped, a blocked one is kept.
"""

from __future__ import annotations

import io
import struct
import tarfile
from collections.abc import Callable
from typing import TypeAlias

SIGINT, SIGTERM, SIGCHLD = 2, 15, 17
SIGNALS = 1 << (SIGINT - 1) | 1 << (SIGTERM - 1) | 1 << (SIGCHLD - 1)
BASE = 0x400000
_HEADERS = 64 + 56
_MACHINES = {"amd64": 62, "x86_64": 62, "arm64": 183, "aarch64": 183}
_Encode: TypeAlias = Callable[[int, int], bytes]
"""From its own address and the label's to an instruction."""


def pause_program(architecture: str) -> bytes:
    """A static ELF executable for `amd64` or `arm64`; raises ValueError for others."""
    machine = _MACHINES.get(architecture)
    if machine is None:
        raise ValueError(f"no pause program for architecture {architecture!r}")
    code = _x86_64() if machine == 62 else _aarch64()
    size = _HEADERS + len(code)
    header = struct.pack(
        "<16sHHIQQQIHHHHHH",
        b"\x7fELF\x02\x01\x01" + bytes(9), 2, machine, 1, BASE + _HEADERS, 64, 0, 0, 64, 56, 1, 64, 0, 0,
    )  # fmt: skip
    segment = struct.pack("<IIQQQQQQ", 1, 5, 0, BASE, BASE, size, size, 0x10000)
    return header + segment + code


def pause_archive(architecture: str) -> bytes:
    """The root file system of the pause image as a tar archive: one file."""
    program = pause_program(architecture)
    entry = tarfile.TarInfo("pause")
    entry.size, entry.mode = len(program), 0o755
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(entry, io.BytesIO(program))
    return buffer.getvalue()


class _Assembler:
    """Instructions of known length, and labels that are filled in at the end."""

    def __init__(self) -> None:
        self._parts: list[tuple[int, bytes | tuple[_Encode, str]]] = []
        self._labels: dict[str, int] = {}
        self._size = 0

    def put(self, code: bytes) -> None:
        self._parts.append((self._size, code))
        self._size += len(code)

    def refer(self, size: int, encode: _Encode, label: str) -> None:
        self._parts.append((self._size, (encode, label)))
        self._size += size

    def label(self, name: str) -> None:
        self._labels[name] = self._size

    def assemble(self) -> bytes:
        return b"".join(
            part if isinstance(part, bytes) else part[0](at, self._labels[part[1]])
            for at, part in self._parts
        )


def _x86_64() -> bytes:
    code = _Assembler()

    def load_set(register: str) -> None:
        opcode = {"rsi": b"\x48\x8d\x35", "rdi": b"\x48\x8d\x3d"}[register]  # lea register, [rip + set]
        code.refer(7, lambda at, to: opcode + struct.pack("<i", to - at - 7), "set")

    def jump(opcode: int, label: str) -> None:
        code.refer(2, lambda at, to: bytes([opcode]) + struct.pack("<b", to - at - 2), label)

    def system_call(number: int) -> None:
        code.put(b"\xb8" + struct.pack("<I", number) + b"\x0f\x05")  # mov eax, number; syscall

    load_set("rsi")
    code.put(b"\x31\xff\x31\xd2\x41\xba\x08\0\0\0")  # edi = SIG_BLOCK; edx = 0; r10d = 8
    system_call(14)  # rt_sigprocmask
    code.label("wait")
    load_set("rdi")
    code.put(b"\x31\xf6\x31\xd2\x41\xba\x08\0\0\0")  # esi = 0; edx = 0; r10d = 8
    system_call(128)  # rt_sigtimedwait
    for signal in (SIGTERM, SIGINT):
        code.put(bytes([0x83, 0xF8, signal]))  # cmp eax, signal
        jump(0x74, "exit")
    code.put(bytes([0x83, 0xF8, SIGCHLD]))
    jump(0x75, "wait")
    code.label("reap")
    code.put(b"\xbf\xff\xff\xff\xff\x31\xf6\xba\x01\0\0\0\x45\x31\xd2")  # -1, 0, WNOHANG, 0
    system_call(61)  # wait4
    code.put(b"\x85\xc0")  # test eax, eax
    jump(0x7F, "reap")
    jump(0xEB, "wait")
    code.label("exit")
    code.put(b"\x31\xff")
    system_call(60)
    code.label("set")
    code.put(struct.pack("<Q", SIGNALS))
    return code.assemble()


def _aarch64() -> bytes:
    code = _Assembler()
    equal, not_equal, greater = 0, 1, 12

    def words(*values: int) -> None:
        code.put(struct.pack(f"<{len(values)}I", *values))

    def load_set(register: int) -> None:
        def adr(at: int, to: int) -> bytes:
            distance = to - at
            return struct.pack("<I", 0x10000000 | (distance & 3) << 29 | (distance >> 2) << 5 | register)

        code.refer(4, adr, "set")

    def branch(condition: int, label: str) -> None:
        def encode(at: int, to: int) -> bytes:
            return struct.pack("<I", 0x54000000 | ((to - at) // 4 & 0x7FFFF) << 5 | condition)

        code.refer(4, encode, label)

    def compare(value: int) -> int:
        return 0x7100001F | value << 10  # cmp w0, #value

    words(_movz(0, 0))
    load_set(1)
    words(_movz(2, 0), _movz(3, 8), *_svc(135))  # rt_sigprocmask
    code.label("wait")
    load_set(0)
    words(_movz(1, 0), _movz(2, 0), _movz(3, 8), *_svc(137))  # rt_sigtimedwait
    for signal in (SIGTERM, SIGINT):
        words(compare(signal))
        branch(equal, "exit")
    words(compare(SIGCHLD))
    branch(not_equal, "wait")
    code.label("reap")
    # The first is mov x0, #-1; then wait4 with WNOHANG.
    words(0x92800000, _movz(1, 0), _movz(2, 1), _movz(3, 0), *_svc(260), compare(0))
    branch(greater, "reap")
    code.refer(4, lambda at, to: struct.pack("<I", 0x14000000 | (to - at) // 4 & 0x3FFFFFF), "wait")
    code.label("exit")
    words(_movz(0, 0), *_svc(93))
    code.label("set")
    code.put(struct.pack("<Q", SIGNALS))
    return code.assemble()


def _movz(register: int, value: int) -> int:
    return 0xD2800000 | value << 5 | register


def _svc(number: int) -> tuple[int, int]:
    """A system call by its number in x8."""
    return _movz(8, number), 0xD4000001
