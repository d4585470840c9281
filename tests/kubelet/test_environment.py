"""What a container is started with: environment, commands, resources, identity."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.kubelet.bench import container, status_of, waiting
from tuik8s.api import kinds
from tuik8s.cri import Mount, PortMapping

if TYPE_CHECKING:
    from tests.kubelet.bench import Bench

pytestmark = pytest.mark.looptime


async def environment(bench: Bench, **fields: Any) -> dict[str, str]:
    await bench.pod(containers=[container(**fields)])
    await bench.until_ready()
    return dict(bench.runtime.configs["web"].env)


async def test_values_refer_to_what_came_before(bench: Bench) -> None:
    env = await environment(
        bench,
        env=[
            {"name": "A", "value": "1"},
            {"name": "B", "value": "$(A)2 $(LATER) $$(A)"},
            {"name": "LATER", "value": "x"},
        ],
    )
    assert env["B"] == "12 $(LATER) $(A)"


async def test_commands_and_arguments_are_expanded(bench: Bench) -> None:
    await environment(
        bench, env=[{"name": "A", "value": "1"}], command=["serve", "--a=$(A)"], args=["$(NONE)", "$$(A)"]
    )
    config = bench.runtime.configs["web"]
    assert config.command == ("serve", "--a=1")
    assert config.args == ("$(NONE)", "$(A)")


async def test_sources_by_reference(bench: Bench) -> None:
    await bench.create(kinds.CONFIG_MAP, "settings", data={"mode": "fast"})
    await bench.create(kinds.SECRET, "keys", stringData={"token": "s3cret"})

    def ref(name: str, source: dict[str, Any]) -> dict[str, Any]:
        return {"name": name, "valueFrom": source}

    env = await environment(
        bench,
        resources={"requests": {"cpu": "250m"}, "limits": {"memory": "64Mi"}},
        env=[
            ref("MODE", {"configMapKeyRef": {"name": "settings", "key": "mode"}}),
            ref("TOKEN", {"secretKeyRef": {"name": "keys", "key": "token"}}),
            ref("NONE", {"secretKeyRef": {"name": "keys", "key": "none", "optional": True}}),
            ref("IP", {"fieldRef": {"fieldPath": "status.podIP"}}),
            ref("HOST", {"fieldRef": {"fieldPath": "status.hostIP"}}),
            ref("NODE", {"fieldRef": {"fieldPath": "spec.nodeName"}}),
            ref("APP", {"fieldRef": {"fieldPath": "metadata.labels['app']"}}),
            ref("CPU", {"resourceFieldRef": {"resource": "requests.cpu", "divisor": "1m"}}),
            ref("MAX_CPU", {"resourceFieldRef": {"resource": "limits.cpu"}}),
            ref("MEMORY", {"resourceFieldRef": {"resource": "limits.memory"}}),
        ],
    )
    assert "NONE" not in env
    expected = {"MODE": "fast", "TOKEN": "s3cret", "IP": "10.244.1.2", "HOST": "192.0.2.10", "NODE": "node-1"}
    expected |= {"APP": "web", "CPU": "250", "MAX_CPU": "4", "MEMORY": str(64 * 1024 * 1024)}
    assert {name: env[name] for name in expected} == expected


async def test_env_from_with_prefix_and_precedence(bench: Bench) -> None:
    await bench.create(kinds.CONFIG_MAP, "one", data={"a": "1", "b": "1"})
    await bench.create(kinds.CONFIG_MAP, "two", data={"a": "2"})
    env = await environment(
        bench,
        envFrom=[
            {"configMapRef": {"name": "one"}},
            {"configMapRef": {"name": "two"}},
            {"configMapRef": {"name": "one"}, "prefix": "P_"},
            {"secretRef": {"name": "none", "optional": True}},
        ],
        env=[{"name": "b", "value": "own"}],
    )
    assert (env["a"], env["b"], env["P_a"]) == ("2", "own", "1")


async def test_service_variables(bench: Bench) -> None:
    ports = [{"name": "web", "port": 80}, {"name": "dns", "port": 53, "protocol": "UDP"}]
    service = await bench.create(kinds.SERVICE, "my-db", spec={"ports": ports})
    await bench.create(kinds.SERVICE, "headless", spec={"clusterIP": "None", "ports": [{"port": 80}]})
    await asyncio.sleep(0.1)
    env = await environment(bench)
    address = service["spec"]["clusterIP"]
    assert env["MY_DB_SERVICE_HOST"] == address
    assert (env["MY_DB_SERVICE_PORT"], env["MY_DB_SERVICE_PORT_DNS"]) == ("80", "53")
    assert env["MY_DB_PORT"] == f"tcp://{address}:80"
    assert env["MY_DB_PORT_53_UDP"] == f"udp://{address}:53"
    assert env["KUBERNETES_SERVICE_HOST"]
    assert not any(name.startswith("HEADLESS") for name in env)


async def test_without_service_links_only_kubernetes_remains(bench: Bench) -> None:
    await bench.create(kinds.SERVICE, "my-db", spec={"ports": [{"port": 80}]})
    await asyncio.sleep(0.1)
    await bench.pod(enableServiceLinks=False)
    await bench.until_ready()
    env = dict(bench.runtime.configs["web"].env)
    assert "KUBERNETES_SERVICE_HOST" in env
    assert "MY_DB_SERVICE_HOST" not in env


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"configMapKeyRef": {"name": "none", "key": "a"}}, 'configmap "none" not found'),
        (
            {"configMapKeyRef": {"name": "settings", "key": "b"}},
            "couldn't find key b in ConfigMap default/settings",
        ),
    ],
)
async def test_what_is_missing_is_a_configuration_error(
    bench: Bench, source: dict[str, Any], message: str
) -> None:
    await bench.create(kinds.CONFIG_MAP, "settings", data={"a": "1"})
    await asyncio.sleep(0.1)
    await bench.pod(containers=[container(env=[{"name": "A", "valueFrom": source}])])
    pod = await bench.until(lambda pod: waiting(pod) == "CreateContainerConfigError")
    assert status_of(pod)["state"]["waiting"]["message"] == message
    assert ("Failed", f"Error: {message}") in await bench.events()
    began = bench.now()
    name = source["configMapKeyRef"]["name"]
    if name == "none":
        await bench.create(kinds.CONFIG_MAP, name, data={"a": "1"})
    else:
        await bench.client.patch(kinds.CONFIG_MAP, "default", name, {"data": {"b": "2"}})
    await bench.until_ready()
    assert bench.now() - began < 1


async def test_resources_become_cgroup_terms(bench: Bench) -> None:
    resources = {"requests": {"cpu": "500m", "memory": "2Gi"}, "limits": {"cpu": "1", "memory": "4Gi"}}
    await environment(bench, resources=resources)
    found = bench.runtime.configs["web"].resources
    assert (found.cpu_shares, found.cpu_quota, found.memory_limit) == (512, 100_000, 4 * 2**30)
    assert found.oom_score_adj == 750  # a quarter of the node's 8Gi is requested


async def test_classes_of_service(bench: Bench) -> None:
    equal = {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"cpu": "1", "memory": "1Gi"}}
    await bench.pod("best-effort", containers=[container("a")])
    await bench.pod("guaranteed", containers=[container("b", resources=equal)])
    await bench.until_ready("best-effort")
    pod = await bench.until_ready("guaranteed")
    assert pod["status"]["qosClass"] == "Guaranteed"
    assert bench.runtime.configs["a"].resources.oom_score_adj == 1000
    assert bench.runtime.configs["a"].resources.cpu_shares == 2
    assert bench.runtime.configs["b"].resources.oom_score_adj == -997


async def test_security_context_of_the_container_over_the_pods(bench: Bench) -> None:
    own = {
        "runAsUser": 1000,
        "readOnlyRootFilesystem": True,
        "allowPrivilegeEscalation": False,
        "capabilities": {"add": ["NET_ADMIN"], "drop": ["ALL"]},
    }
    await bench.pod(
        securityContext={"runAsUser": 1, "runAsGroup": 2, "fsGroup": 3, "supplementalGroups": [4]},
        containers=[container(securityContext=own)],
    )
    await bench.until_ready()
    found = bench.runtime.configs["web"].security
    assert found.user == "1000:2"
    assert set(found.supplemental_groups) == {3, 4}
    assert (found.read_only_root, found.no_new_privileges, found.privileged) == (True, True, False)
    assert (found.add_capabilities, found.drop_capabilities) == (("NET_ADMIN",), ("ALL",))


async def test_run_as_non_root_is_checked(bench: Bench) -> None:
    created = await bench.pod(securityContext={"runAsNonRoot": True})
    pod = await bench.until(lambda pod: waiting(pod) == "CreateContainerConfigError")
    where = f'(pod: "web_default({created["metadata"]["uid"]})", container: web)'
    said = f"container has runAsNonRoot and image will run as root {where}"
    assert status_of(pod)["state"]["waiting"]["message"] == said


async def test_names_hosts_and_ports_of_the_sandbox(bench: Bench) -> None:
    await bench.pod(
        hostname="custom",
        subdomain="inner",
        hostAliases=[{"ip": "192.0.2.1", "hostnames": ["a", "b"]}],
        containers=[container(ports=[{"containerPort": 80, "hostPort": 8080}, {"containerPort": 81}])],
        dnsPolicy="None",
        dnsConfig={"nameservers": ["192.0.2.53"], "options": [{"name": "ndots", "value": "2"}]},
    )
    await bench.until_ready()
    found = bench.runtime.sandbox_configs[0]
    assert (found.hostname, found.domain_name) == ("custom", "inner.default.svc.cluster.local")
    assert found.host_aliases == (("192.0.2.1", ("a", "b")),)
    assert found.ports == (
        PortMapping(container_port=80, host_port=8080), PortMapping(container_port=81)
    )  # fmt: skip
    assert (found.dns_servers, found.dns_options) == (("192.0.2.53",), ("ndots:2",))


async def test_a_file_for_the_termination_message_is_mounted(bench: Bench) -> None:
    await bench.pod(
        restartPolicy="Never",
        containers=[container(command=["sleep", "5"], terminationMessagePath="/tmp/last-words")],
    )
    await bench.until(lambda pod: "running" in status_of(pod)["state"])
    mount = next(m for m in bench.runtime.configs["web"].mounts if m.container_path == "/tmp/last-words")
    assert isinstance(mount, Mount)
    Path(mount.host_path).write_text("gave up: " + "x" * 5000)
    pod = await bench.until(lambda pod: "terminated" in status_of(pod)["state"])
    message = status_of(pod)["state"]["terminated"]["message"]
    assert message.startswith("gave up: ")
    assert len(message) == 4096


async def test_the_end_of_the_log_can_be_the_message(bench: Bench) -> None:
    await bench.pod(
        restartPolicy="Never",
        containers=[
            container(
                command=["sh", "-c", "echo out of luck; exit 1"],
                terminationMessagePolicy="FallbackToLogsOnError",
            )
        ],
    )
    pod = await bench.until(lambda pod: "terminated" in status_of(pod)["state"])
    assert status_of(pod)["state"]["terminated"]["message"] == "out of luck\n"
