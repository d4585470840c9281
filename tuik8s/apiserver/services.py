"""Services hold addresses and ports: taken with the write, given back with it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar
from zlib import crc32

from tuik8s.api.errors import FieldError, InternalError, Invalid, invalid
from tuik8s.apiserver.allocators import AddressAllocator, AllocationError, PortAllocator
from tuik8s.apiserver.registry import Registry, Reservation
from tuik8s.apiserver.strategies.service import (
    needs_cluster_ip,
    needs_health_check_port,
    needs_node_ports,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Coroutine

    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj
    from tuik8s.api.request import Request, Response
    from tuik8s.apiserver.context import ServerContext

HEADLESS = "None"
HEALTH_CHECK = "healthCheckNodePort"
T = TypeVar("T")


class ServiceReservation(Reservation):
    """What one write takes in addition, and what it no longer needs once it is committed."""

    def __init__(self, addresses: AddressAllocator, ports: PortAllocator) -> None:
        self._addresses, self._ports = addresses, ports
        self.new_addresses: list[str] = []
        self.new_ports: list[int] = []
        self.old_addresses: list[str] = []
        self.old_ports: list[int] = []

    def keep(self) -> None:
        self._release(self.old_addresses, self.old_ports)

    def undo(self) -> None:
        self._release(self.new_addresses, self.new_ports)

    def _release(self, addresses: list[str], ports: list[int]) -> None:
        for address in addresses:
            self._addresses.release(address)
        for port in ports:
            self._ports.release(port)


class ServiceRegistry(Registry):
    """Allocates `clusterIP`, `nodePort` and `healthCheckNodePort`; `rebuild` reads what is taken from the
    stored services."""

    def __init__(self, kind: Kind, context: ServerContext, *, cidr: str, node_ports: tuple[int, int]) -> None:
        super().__init__(kind, context)
        self._finishing: set[asyncio.Task[Any]] = set()
        self.addresses = AddressAllocator(cidr)
        self.ports = PortAllocator(*node_ports, start=crc32(context.ids.uid().encode()))

    def rebuild(self) -> list[str]:
        """Take what the stored services hold; answers with what is claimed twice or out of range."""
        self.addresses.clear()
        self.ports.clear()
        problems = []
        for service in self.context.store.list(self.kind.prefix).items:
            name = f"{service['metadata']['namespace']}/{service['metadata']['name']}"
            for address in _addresses(service):
                try:
                    self.addresses.take(address)
                except AllocationError as error:
                    problems.append(f"service {name}: {address}: {error}")
            for port in set(_ports(service)):
                try:
                    self.ports.take(port)
                except AllocationError as error:
                    problems.append(f"service {name}: {port}: {error}")
        return problems

    async def create(self, request: Request) -> Response:
        return await self._finish(super().create(request))

    async def update(self, request: Request) -> Response:
        return await self._finish(super().update(request))

    async def patch(self, request: Request) -> Response:
        return await self._finish(super().patch(request))

    async def remove(self, request: Request, obj: Obj, current: Obj) -> Obj:
        return await self._finish(super().remove(request, obj, current))

    def _finish(self, write: Coroutine[Any, Any, T]) -> Awaitable[T]:
        """A client that goes away does not take its write back, and so must not give back what it holds."""
        task = asyncio.ensure_future(write)
        self._finishing.add(task)
        task.add_done_callback(self._finishing.discard)
        return asyncio.shield(task)

    def reserve(self, obj: Obj, old: Obj | None) -> Reservation:
        """Fill in `spec.clusterIP` and the ports of the nodes; raises Invalid for what others have."""
        reservation = ServiceReservation(self.addresses, self.ports)
        obj["spec"] = spec = dict(obj.get("spec") or {})
        before = (old or {}).get("spec") or {}
        errors = self._reserve_address(spec, before, reservation)
        errors += self._reserve_ports(spec, before, reservation)
        if errors:
            reservation.undo()
            raise Invalid.of(self.kind.kind, self.kind.group, obj["metadata"]["name"], errors)
        self._reserve_health_check_port(spec, before, reservation)
        return reservation

    def release(self, obj: Obj) -> None:
        for address in _addresses(obj):
            self.addresses.release(address)
        for port in _ports(obj):
            self.ports.release(port)

    def _reserve_address(self, spec: Obj, before: Obj, reservation: ServiceReservation) -> list[FieldError]:
        wanted = spec.get("clusterIP", "") if needs_cluster_ip(spec) else HEADLESS
        had = before.get("clusterIP", "")
        if had and had not in (HEADLESS, wanted):
            reservation.old_addresses.append(had)
        if wanted in (HEADLESS, had) and wanted:
            return []
        try:
            if wanted:
                self.addresses.take(wanted)
            else:
                wanted = self.addresses.take_next()
        except AllocationError as error:
            if not wanted:
                raise InternalError(
                    f"Internal error occurred: failed to allocate a serviceIP: {error}"
                ) from None
            return [invalid("spec.clusterIPs", [wanted], f"failed to allocate IP {wanted}: {error}")]
        reservation.new_addresses.append(wanted)
        spec["clusterIP"], spec["clusterIPs"] = wanted, [wanted]
        return []

    def _reserve_ports(self, spec: Obj, before: Obj, reservation: ServiceReservation) -> list[FieldError]:
        had = {port["nodePort"] for port in before.get("ports") or () if port.get("nodePort")}
        if not needs_node_ports(spec):
            reservation.old_ports += had - {port.get("nodePort") for port in spec.get("ports") or ()}
            return []
        spec["ports"] = ports = [dict(port) for port in spec.get("ports") or ()]
        errors: list[FieldError] = []
        mine: dict[int, int] = {}
        for index, port in enumerate(ports):
            if port.get("nodePort"):
                errors += self._take_port(index, port["nodePort"], had | set(mine.values()), reservation)
                mine.setdefault(port["port"], port["nodePort"])
        for port in [] if errors else ports:
            if not port.get("nodePort"):
                port["nodePort"] = self._next_port(port, mine, reservation)
        reservation.old_ports += had - {port.get("nodePort") for port in ports}
        return errors

    def _take_port(
        self, index: int, wanted: int, held: set[int], reservation: ServiceReservation
    ) -> list[FieldError]:
        if wanted in held:
            return []
        try:
            self.ports.take(wanted)
        except AllocationError as error:
            return [invalid(f"spec.ports[{index}].nodePort", wanted, str(error))]
        reservation.new_ports.append(wanted)
        return []

    def _next_port(self, port: Obj, mine: dict[int, int], reservation: ServiceReservation) -> int:
        """One port in TCP and UDP gets one node port."""
        if port["port"] in mine:
            return mine[port["port"]]
        try:
            mine[port["port"]] = found = self.ports.take_next()
        except AllocationError as error:
            reservation.undo()
            raise InternalError(f"Internal error occurred: failed to allocate a nodePort: {error}") from None
        reservation.new_ports.append(found)
        return found

    def _reserve_health_check_port(self, spec: Obj, before: Obj, reservation: ServiceReservation) -> None:
        wanted: int = spec.get(HEALTH_CHECK, 0) if needs_health_check_port(spec) else 0
        had: int = before.get(HEALTH_CHECK, 0) if needs_health_check_port(before) else 0
        if had and had != wanted:
            reservation.old_ports.append(had)
        if not needs_health_check_port(spec) or (wanted and wanted == had):
            return
        try:
            if wanted:
                self.ports.take(wanted)
            else:
                spec[HEALTH_CHECK] = wanted = self.ports.take_next()
        except AllocationError as error:
            reservation.undo()
            which = f"requested HealthCheck NodePort {wanted}" if wanted else "a HealthCheck NodePort 0"
            raise InternalError(f"Internal error occurred: failed to allocate {which}: {error}") from None
        reservation.new_ports.append(wanted)


def _addresses(service: Obj) -> list[str]:
    address = (service.get("spec") or {}).get("clusterIP", "")
    return [address] if address not in ("", HEADLESS) else []


def _ports(service: Obj) -> list[int]:
    """Of the nodes."""
    spec = service.get("spec") or {}
    ports = [port["nodePort"] for port in spec.get("ports") or () if port.get("nodePort")]
    return [*ports, spec[HEALTH_CHECK]] if spec.get(HEALTH_CHECK) else ports
