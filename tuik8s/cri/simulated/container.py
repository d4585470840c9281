"""One simulated container: a state, a log, its streams, and a few timers."""

from __future__ import annotations

import asyncio
import logging
import math
from typing import TYPE_CHECKING

from tuik8s.cri.protocol import ContainerState, ContainerStatus, RuntimeFault
from tuik8s.cri.simulated.behaviour import HttpAnswer
from tuik8s.cri.simulated.builtins import BUILTINS, serve
from tuik8s.cri.simulated.files import Files
from tuik8s.cri.simulated.logs import RingLog
from tuik8s.cri.simulated.process import Output, Process, turn_of
from tuik8s.cri.simulated.terminal import Input, Terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from tuik8s.api.clock import Clock
    from tuik8s.cri.protocol import ContainerConfig, Image, PodSandboxConfig, Resources
    from tuik8s.cri.simulated.behaviour import Behaviour
    from tuik8s.cri.simulated.process import Builtin, Pause
    from tuik8s.cri.simulated.serving import ServingProtocol

log = logging.getLogger(__name__)
FAILED, KILLED, TERMINATED = 1, 137, 143
STEPS_PER_TURN = 500


class SimulatedContainer:
    """Created, started once, ended once. `changed` is told the kind of event at every change of state."""

    __slots__ = (
        "_changed", "_clock", "_log", "_pause", "_process", "_reading", "_status", "_steps", "_stopping",
        "_timers", "_waiters", "attached", "behaviour", "config", "connections", "files", "input", "pod",
        "sandbox_id", "serving", "terminal",
    )  # fmt: skip

    def __init__(
        self, identifier: str, sandbox_id: str, config: ContainerConfig, pod: PodSandboxConfig, *,
        image: Image, behaviour: Behaviour, clock: Clock, changed: Callable[[SimulatedContainer, str], None],
    ) -> None:  # fmt: skip
        self.config, self.pod, self.sandbox_id = config, pod, sandbox_id
        self.behaviour = behaviour
        self.files = Files(config.mounts)
        self.serving = False
        self.connections: set[ServingProtocol] = set()
        self._clock, self._changed = clock, changed
        self._log: RingLog | None = None
        self.attached: list[Callable[[int, bytes], None]] = []
        """Told of output as it is written; stream 0 is the end."""
        self.input = Input(changed=self._input_changed) if config.stdin else None
        self.terminal = Terminal(self.input, self._echo) if config.tty and self.input else None
        self._process: Process | None = None
        self._pause: asyncio.TimerHandle | None = None
        self._reading = False
        self._steps: Generator[Output | Pause | int, None, None] | None = None
        self._timers: list[asyncio.TimerHandle] = []
        self._waiters: list[asyncio.Future[None]] = []
        self._stopping = False
        self._status = ContainerStatus(
            id=identifier, sandbox_id=sandbox_id, pod_uid=pod.uid, pod_name=pod.name,
            pod_namespace=pod.namespace, node=pod.node, name=config.name, attempt=config.attempt,
            state=ContainerState.CREATED, image=config.image, image_id=image.id, created_at=clock.now(),
            spec_hash=config.spec_hash, grace_period=config.grace_period, resources=config.resources,
        )  # fmt: skip

    @property
    def status(self) -> ContainerStatus:
        return self._status

    @property
    def id(self) -> str:
        return self._status.id

    @property
    def running(self) -> bool:
        return self._status.state is ContainerState.RUNNING

    @property
    def log(self) -> RingLog:
        if self._log is None:
            self._log = RingLog()
        return self._log

    @property
    def age(self) -> float:
        """Seconds since the start."""
        started = self._status.started_at
        return (self._clock.now() - started).total_seconds() if started is not None else 0.0

    def is_ready(self) -> bool:
        return self.running and self.age >= self.behaviour.ready_after

    # Life -------------------------------------------------------------------------------------------------

    def start(self) -> None:
        if self._status.state is not ContainerState.CREATED:
            raise RuntimeFault(f"cannot start a container that is {self._status.state}")
        behaviour = self.behaviour
        if behaviour.fail_start:
            self._change(
                state=ContainerState.EXITED, exit_code=128, reason="StartError",
                message=behaviour.fail_start, started_at=None, finished_at=self._clock.now(),
            )  # fmt: skip
            raise RuntimeFault(behaviour.fail_start)
        self._change(state=ContainerState.RUNNING, started_at=self._clock.now())
        self._changed(self, "started")
        if behaviour.oom_after is not None:
            self._later(behaviour.oom_after, self._oom)
        if behaviour.start_delay:
            self._later(behaviour.start_delay, self._begin)
        else:
            self._begin()

    def stop(self, grace_seconds: float) -> None:
        """The stop signal now, the kill after the grace; the end comes through `wait`."""
        if self._status.state is ContainerState.CREATED:
            self._end(TERMINATED, "Error")
        if not self.running:
            return
        if self._stopping:
            # Asked again, perhaps with less patience: the first kill that falls due counts.
            self._later(max(grace_seconds, 0), self._end, KILLED)
            return
        self._stopping = True
        code = self.behaviour.stop_code
        if code is None:
            code = 0 if self.serving else TERMINATED
        takes = self.behaviour.stop_after
        ending, last = (takes, code) if takes <= grace_seconds else (grace_seconds, KILLED)
        if ending <= 0:
            self._end(last)
        else:
            self._later(ending, self._end, last)

    def resize(self, resources: Resources) -> None:
        self._change(resources=resources)
        self._changed(self, "other")

    def kill(self) -> None:
        if self._status.state is not ContainerState.EXITED:
            self._end(KILLED)

    def exit(self, code: int, reason: str = "") -> None:
        """Its program ends now, by itself. Nothing happens to one that does not run."""
        if self.running:
            self._end(code, reason)

    async def wait(self) -> None:
        """Until it has ended."""
        while self._status.state is not ContainerState.EXITED:
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiters.append(waiter)
            try:
                await waiter
            finally:
                if waiter in self._waiters:
                    self._waiters.remove(waiter)

    def _begin(self) -> None:
        behaviour = self.behaviour
        if behaviour.lines:
            self._print_lines()
        if behaviour.exit_after is not None:
            self.serving = bool(self.config.ports or behaviour.ports or behaviour.http)
            self._later(behaviour.exit_after, self._end, behaviour.exit_code or 0)
            return
        self._process = self.process(serve, self.input, terminal=self.terminal is not None)
        self._steps = turn_of(self._process.run(behaviour.program))
        self._advance()

    def process(self, unknown: Builtin, given: Input | None, *, terminal: bool = False) -> Process:
        """A new process with this container's environment and files."""
        hostname = self.pod.hostname or self.pod.name
        env = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOSTNAME": hostname}
        return Process(
            env=env | dict(self.config.env), files=self.files, now=self._clock.now,
            builtins=BUILTINS | {"serve": serve}, unknown=unknown, hostname=hostname, ip=self.pod.ip,
            input=given or Input(ended=True), terminal=terminal, directory=self.config.working_dir or "/",
        )  # fmt: skip

    def _advance(self) -> None:
        """Take steps of the program until it waits or ends."""
        try:
            self._take_steps()
        except Exception as error:
            # Nobody is there to catch it, and the container would never end.
            status, said = broken(self.config.command or self.config.args, error)
            self._write(said.stream, said.data)
            self._end(status)

    def _take_steps(self) -> None:
        if self._steps is None:
            return
        self._pause, self._reading = None, False
        for count, step in enumerate(self._steps):
            if isinstance(step, int):
                self._end(step)
                return
            if isinstance(step, Output):
                self._write(step.stream, step.data)
                if count >= STEPS_PER_TURN:
                    self._pause = self._later(0, self._advance)
                    return
                continue
            if step.serving:
                self._serve()
            # Who reads has just looked: part of a line may wait, and only something new wakes it.
            self._reading = step.reading
            if step.seconds < math.inf:
                self._pause = self._later(step.seconds, self._advance)
            return

    def _input_changed(self) -> None:
        """Wake the program if it waits for input, or is interrupted where it cares."""
        interrupted = self.input is not None and self.input.interrupted
        cares = self._process is not None and self._process.interactive
        if self._reading or (interrupted and cares):
            if self._pause is not None:
                self._pause.cancel()
            self._reading = False
            self._pause = self._later(0, self._advance)

    def _echo(self, data: bytes) -> None:
        self._write(1, data)

    def _write(self, stream: int, data: bytes) -> None:
        self.log.write(self._clock.now(), stream, data)
        for listener in tuple(self.attached):
            listener(stream, data)

    def _serve(self) -> None:
        self.serving = True
        if not self.behaviour.lines:
            ports = ", ".join(str(port) for port in self.listening_ports()) or "any port"
            line = f"simulated {self.config.image} is listening on {ports}\n"
            self._write(1, line.encode())

    def _print_lines(self, index: int = 0) -> None:
        lines, interval = self.behaviour.lines, self.behaviour.log_interval
        if interval <= 0:
            self._write(1, "".join(f"{line}\n" for line in lines).encode())
            return
        self._write(1, f"{lines[index % len(lines)]}\n".encode())
        self._later(interval, self._print_lines, index + 1)

    def _oom(self) -> None:
        self._end(KILLED, "OOMKilled")
        self._changed(self, "oom")

    def _end(self, code: int, reason: str = "") -> None:
        if self._status.state is ContainerState.EXITED:
            return
        now = self._clock.now()
        for timer in self._timers:
            timer.cancel()
        self._timers = []
        self._steps = None
        self.serving = False
        self._change(
            state=ContainerState.EXITED, exit_code=code, finished_at=now,
            reason=reason or ("Completed" if code == 0 else "Error"),
        )  # fmt: skip
        if self._log is not None:
            self._log.close(now)
        for listener in tuple(self.attached):
            listener(0, b"")
        for connection in list(self.connections):
            if connection.transport is not None:
                connection.transport.close()
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)
        self._changed(self, "died")

    def _later(self, seconds: float, call: Callable[..., None], *arguments: object) -> asyncio.TimerHandle:
        loop = asyncio.get_running_loop()
        now = loop.time()
        self._timers = [timer for timer in self._timers if not timer.cancelled() and timer.when() > now]
        timer = loop.call_later(seconds, call, *arguments)
        self._timers.append(timer)
        return timer

    def _change(self, **fields: object) -> None:
        # dataclasses.replace costs three times as much, and this runs for every container.
        old = self._status
        values = {name: getattr(old, name) for name in ContainerStatus.__slots__} | fields
        self._status = ContainerStatus(**values)

    # Ports ------------------------------------------------------------------------------------------------

    def listening_ports(self) -> list[int]:
        declared = {port.container_port for port in self.config.ports if port.protocol == "TCP"}
        return sorted(declared | set(self.behaviour.ports) | {port for port, _ in self.behaviour.http})

    def listens(self, port: int) -> bool:
        """A server that names no port at all is taken to listen on the one that is asked for."""
        if not (self.running and self.age >= self.behaviour.ready_after):
            return False
        if any(port == known for known, _ in self.behaviour.http):
            return True
        return self.serving and port in (self.listening_ports() or (port,))

    def answer(self, port: int, path: str) -> HttpAnswer:
        known, bare = self.behaviour.http, path.partition("?")[0]
        found = known.get((port, bare)) or known.get((port, ""))
        if found is not None:
            return found
        if any(port == other for other, _ in known):
            return HttpAnswer(404, "not found (simulated)\n")
        if self.behaviour.greeting:
            return HttpAnswer(200, self.behaviour.greeting)
        return HttpAnswer(200, self._page(port, path))

    def _page(self, port: int, path: str) -> str:
        return (
            "This is server (simulated by tuik8s)\n"
            f"pod: {self.pod.namespace}/{self.pod.name}\nip: {self.pod.ip}\nnode: {self.pod.node}\n"
            f"container: {self.config.name}\nimage: {self.config.image}\nport: {port}\npath: {path}\n"
        )


def broken(command: Sequence[str], error: Exception) -> tuple[int, Output]:
    """How a command ends that the simulation could not carry out, and what it says: one line."""
    log.error("a simulated command failed: %r", command, exc_info=error)
    name = command[0] if command else "sh"
    text = " ".join(f"{name}: {error or type(error).__name__} (simulated)".split())
    return FAILED, Output(2, text.encode(errors="backslashreplace") + b"\n")
