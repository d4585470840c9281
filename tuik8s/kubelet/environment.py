"""A container's environment: envFrom, env with references, service variables.

After pkg/kubelet makeEnvironmentVariables.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from tuik8s.api import downward, kinds
from tuik8s.api.expansion import expand

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tuik8s.api.objects import Obj
    from tuik8s.reconcile import Informers

NO_CLUSTER_IP = ("", "None")


class ConfigProblem(Exception):
    """The container cannot be configured as its spec is; shown as CreateContainerConfigError."""


def build_environment(
    pod: Obj, container: Obj, informers: Informers, allocatable: Mapping[str, str],
    api_server: tuple[str, int] | None = None,
) -> dict[str, str]:  # fmt: skip
    """Raises `ConfigProblem`. Later entries win; service variables never replace the pod's own."""
    services = service_variables(pod, informers, api_server)
    result: dict[str, str] = {}
    for source in container.get("envFrom") or ():
        result.update(_from_source(pod, source, informers))
    known = dict(services)
    for entry in container.get("env") or ():
        name = entry["name"]
        if "valueFrom" in entry:
            value = _from_reference(pod, container, entry["valueFrom"], informers, allocatable)
            if value is None:
                continue
        else:
            value = expand(entry.get("value") or "", known | result)
        result[name] = value
    return {**{name: value for name, value in services.items() if name not in result}, **result}


def _from_source(pod: Obj, source: Obj, informers: Informers) -> dict[str, str]:
    prefix = source.get("prefix") or ""
    for field, kind, read in _SOURCES:
        reference = source.get(f"{field}Ref")
        if reference is None:
            continue
        found = informers.of(kind).find(pod["metadata"]["namespace"], reference.get("name", ""))
        if found is None:
            if reference.get("optional"):
                return {}
            raise ConfigProblem(f'{kind.singular} "{reference.get("name", "")}" not found')
        return {prefix + key: value for key, value in read(found).items()}
    return {}


def _from_reference(
    pod: Obj, container: Obj, source: Obj, informers: Informers, allocatable: Mapping[str, str]
) -> str | None:
    """The value; None for an optional reference to what is not there."""
    try:
        if "fieldRef" in source:
            return downward.field_value(pod, source["fieldRef"]["fieldPath"])
        if "resourceFieldRef" in source:
            reference = source["resourceFieldRef"]
            return downward.resource_value(
                pod, reference, allocatable=allocatable, container=container["name"]
            )
    except ValueError as error:
        raise ConfigProblem(str(error)) from error
    for field, kind, read in _SOURCES:
        reference = source.get(f"{field}KeyRef")
        if reference is not None:
            return _from_key(pod, reference, kind, read(_found(pod, reference, kind, informers)))
    raise ConfigProblem(f"env source {', '.join(sorted(source))} is not supported by tuik8s")


def _found(pod: Obj, reference: Obj, kind: kinds.Kind, informers: Informers) -> Obj:
    name = reference.get("name", "")
    found = informers.of(kind).find(pod["metadata"]["namespace"], name)
    if found is None and not reference.get("optional"):
        raise ConfigProblem(f'{kind.singular} "{name}" not found')
    return found or {}


def _from_key(pod: Obj, reference: Obj, kind: kinds.Kind, values: Mapping[str, str]) -> str | None:
    value = values.get(reference["key"])
    if value is None and not reference.get("optional"):
        where = f"{pod['metadata']['namespace']}/{reference.get('name', '')}"
        raise ConfigProblem(f"couldn't find key {reference['key']} in {kind.kind} {where}")
    return value


def _config_map_values(config_map: Obj) -> dict[str, str]:
    return dict(config_map.get("data") or {})


def _secret_values(secret: Obj) -> dict[str, str]:
    data = secret.get("data") or {}
    return {key: base64.b64decode(value).decode("utf-8", "replace") for key, value in data.items()}


_SOURCES = (
    ("configMap", kinds.CONFIG_MAP, _config_map_values),
    ("secret", kinds.SECRET, _secret_values),
)


def service_variables(
    pod: Obj, informers: Informers, api_server: tuple[str, int] | None = None
) -> dict[str, str]:
    """`REDIS_SERVICE_HOST` and the like, of the namespace's services and of `kubernetes`.

    `kubernetes` is at `api_server`, where that is given: nothing forwards its cluster address yet.
    """
    services: dict[str, Obj] = {}
    namespace, informer = pod["metadata"]["namespace"], informers.of(kinds.SERVICE)
    master = informer.find("default", "kubernetes")
    if master is not None:
        services["kubernetes"] = master
    if pod["spec"].get("enableServiceLinks", True):
        for service in informer.list(namespace):
            services[service["metadata"]["name"]] = service
    if master is not None and api_server is not None and services["kubernetes"] is master:
        services["kubernetes"] = _at(master, *api_server)
    return _variables(services.values())


def _at(service: Obj, host: str, port: int) -> Obj:
    ports = [{**known, "port": port} for known in service["spec"].get("ports") or ()]
    return {**service, "spec": {**service["spec"], "clusterIP": host, "ports": ports}}


def _variables(services: Iterable[Obj]) -> dict[str, str]:
    result: dict[str, str] = {}
    for service in services:
        address = service["spec"].get("clusterIP") or ""
        ports = service["spec"].get("ports") or []
        if address in NO_CLUSTER_IP or not ports:
            continue
        prefix = _variable_name(service["metadata"]["name"])
        result[f"{prefix}_SERVICE_HOST"] = address
        result[f"{prefix}_SERVICE_PORT"] = str(ports[0]["port"])
        for port in ports:
            if port.get("name"):
                result[f"{prefix}_SERVICE_PORT_{_variable_name(port['name'])}"] = str(port["port"])
        result.update(_link_variables(prefix, address, ports))
    return result


def _link_variables(prefix: str, address: str, ports: list[Obj]) -> dict[str, str]:
    """The variables Docker links used to make."""
    shown = f"[{address}]" if ":" in address else address
    result: dict[str, str] = {}
    for index, port in enumerate(ports):
        protocol, number = port.get("protocol") or "TCP", port["port"]
        url = f"{protocol.lower()}://{shown}:{number}"
        if index == 0:
            result[f"{prefix}_PORT"] = url
        stem = f"{prefix}_PORT_{number}_{protocol}"
        result |= {
            stem: url,
            f"{stem}_PROTO": protocol.lower(),
            f"{stem}_PORT": str(number),
            f"{stem}_ADDR": address,
        }
    return result


def _variable_name(name: str) -> str:
    return name.upper().replace("-", "_")
