"""Commands that change."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.kubectl.conftest import Kubectl

pytestmark = pytest.mark.slow


async def test_apply_on_the_client_says_what_it_did(kubectl: Kubectl, web: Path) -> None:
    first = await kubectl.run("apply", "-f", str(web))
    assert (first.out, first.err) == ("deployment.apps/web created\nservice/web created\n", "")
    again = await kubectl.run("apply", "-f", str(web))
    assert (again.out, again.err) == ("deployment.apps/web unchanged\nservice/web unchanged\n", "")
    web.write_text(web.read_text().replace("replicas: 2", "replicas: 3").replace("value: hello", "value: x"))
    assert "-  replicas: 2" in (await kubectl.run("diff", "-f", str(web))).out
    changed = await kubectl.run("apply", "-f", str(web))
    assert (changed.out, changed.err) == ("deployment.apps/web configured\nservice/web unchanged\n", "")
    assert await kubectl.words("{.spec.replicas}", "deploy", "web") == ["3"]
    assert await kubectl("delete", "-f", str(web))


async def test_apply_on_the_server_tells_of_conflicts(kubectl: Kubectl, web: Path) -> None:
    assert "serverside-applied" in await kubectl("apply", "--server-side", "-f", str(web))
    web.write_text(web.read_text().replace("replicas: 2", "replicas: 5"))
    other = ("apply", "--server-side", "--field-manager=other", "-f", str(web))
    assert 'conflict with "kubectl"' in await kubectl.refused(*other)
    await kubectl(*other, "--force-conflicts")
    assert await kubectl.words("{.spec.replicas}", "deploy", "web") == ["5"]


async def test_apply_moves_to_the_server_and_back(kubectl: Kubectl, web: Path) -> None:
    """Without force, and without losing what was applied last: kubectl takes over from itself."""

    def scale_to(replicas: int) -> None:
        web.write_text(re.sub(r"replicas: \d", f"replicas: {replicas}", web.read_text()))

    await kubectl("apply", "-f", str(web))
    scale_to(5)
    await kubectl("apply", "--server-side", "-f", str(web))
    assert "replicas: 5" in await kubectl("apply", "view-last-applied", "deploy/web")
    scale_to(3)
    await kubectl("apply", "--server-side", "-f", str(web))
    scale_to(4)
    assert "deployment.apps/web configured" in await kubectl("apply", "-f", str(web))
    assert await kubectl.words("{.spec.replicas}", "deploy", "web") == ["4"]


async def test_apply_by_force_gives_a_service_another_address(kubectl: Kubectl, tmp_path: Path) -> None:
    path = tmp_path / "service.yaml"
    spec = "spec: {clusterIP: 10.96.5.%s, ports: [{port: 80}]}"
    manifest = f"apiVersion: v1\nkind: Service\nmetadata: {{name: a}}\n{spec}\n"
    path.write_text(manifest % 5)
    await kubectl("apply", "-f", str(path))
    path.write_text(manifest % 6)
    assert "may not change once set" in await kubectl.refused("apply", "-f", str(path))
    await kubectl("apply", "--force", "-f", str(path))
    assert await kubectl.words("{.spec.clusterIP} {.spec.clusterIPs[*]}", "svc", "a") == ["10.96.5.6"] * 2


async def test_unknown_fields_are_refused(kubectl: Kubectl, tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bad}\ndatas: {a: b}\n")
    assert 'unknown field "datas"' in await kubectl.refused("apply", "-f", str(path))
    assert 'unknown field "datas"' in await kubectl.refused("create", "-f", str(path))


async def test_create_speaks_protobuf(kubectl: Kubectl) -> None:
    await kubectl("create", "deployment", "web", "--image=nginx", "--replicas=2", "--port=80")
    await kubectl("create", "configmap", "cm", "--from-literal=a=b")
    await kubectl("create", "secret", "generic", "s", "--from-literal=p=q")
    await kubectl("create", "namespace", "other")
    await kubectl("create", "serviceaccount", "robot", "-n", "other")
    await kubectl("create", "service", "clusterip", "plain", "--tcp=80:8080")
    assert await kubectl.words("{.spec.replicas}", "deploy", "web") == ["2"]
    assert await kubectl.words("{.data.p}", "secret", "s") == ["cQ=="]
    assert await kubectl.words("{.spec.ports[0].targetPort}", "service", "plain") == ["8080"]
    assert "already exists" in await kubectl.refused("create", "namespace", "other")
    assert await kubectl("delete", "namespace", "other") == 'namespace "other" deleted\n'


async def test_rollouts(kubectl: Kubectl, web: Path) -> None:
    await kubectl("apply", "-f", str(web))
    await kubectl("set", "image", "deployment/web", "web=nginx:1.28")
    assert "successfully rolled out" in await kubectl("rollout", "status", "deployment/web")
    assert (await kubectl("rollout", "history", "deployment/web")).split()[-4:] == [
        "1",
        "<none>",
        "2",
        "<none>",
    ]
    assert "nginx:1.28" in await kubectl("rollout", "history", "deployment/web", "--revision=2")
    await kubectl("rollout", "undo", "deployment/web")
    image = "{.spec.template.spec.containers[0].image}"
    assert await kubectl.words(image, "deploy", "web") == ["nginx:1.27"]
    await kubectl("rollout", "undo", "deployment/web", "--to-revision=2")
    assert await kubectl.words(image, "deploy", "web") == ["nginx:1.28"]
    await kubectl("rollout", "pause", "deployment/web")
    assert "can't restart paused" in await kubectl.refused("rollout", "restart", "deployment/web")
    await kubectl("rollout", "resume", "deployment/web")
    await kubectl("rollout", "restart", "deployment/web")
    assert "successfully rolled out" in await kubectl("rollout", "status", "deployment/web")


async def test_scale_expose_and_patch(kubectl: Kubectl) -> None:
    await kubectl("create", "deployment", "web", "--image=nginx")
    await kubectl("scale", "deployment", "web", "--replicas=3")
    await kubectl("scale", "deployment", "web", "--current-replicas=3", "--replicas=2")
    assert (await kubectl("get", "deploy", "web", "--subresource=scale")).split()[:3] == [
        "NAME", "DESIRED", "AVAILABLE",
    ]  # fmt: skip
    await kubectl("expose", "deployment", "web", "--port=80", "--target-port=8080", "--type=NodePort")
    assert (await kubectl.words("{.spec.ports[0].nodePort}", "svc", "web"))[0].isdigit()
    await kubectl("patch", "deployment", "web", "-p", '{"spec":{"replicas":1}}')
    await kubectl("patch", "deployment", "web", "--type=merge", "-p", '{"metadata":{"labels":{"a":"b"}}}')
    operations = '[{"op":"replace","path":"/spec/replicas","value":4}]'
    await kubectl("patch", "deployment", "web", "--type=json", "-p", operations)
    assert await kubectl.words("{.spec.replicas} {.metadata.labels.a}", "deploy", "web") == ["4", "b"]


async def test_labels_annotations_and_an_editor(kubectl: Kubectl) -> None:
    await kubectl("create", "configmap", "cm", "--from-literal=a=one")
    await kubectl("label", "configmap", "cm", "x=y")
    assert "--overwrite is false" in await kubectl.refused("label", "configmap", "cm", "x=z")
    await kubectl("label", "configmap", "cm", "x=z", "--overwrite")
    await kubectl("annotate", "configmap", "cm", "note=hello")
    assert await kubectl.words("{.metadata.labels.x} {.metadata.annotations.note}", "cm", "cm") == [
        "z",
        "hello",
    ]
    await kubectl("label", "configmap", "cm", "x-")
    assert await kubectl.words("{.metadata.labels.x}", "cm", "cm") == []
    edited = await kubectl("edit", "configmap", "cm", EDITOR="sed -i s/one/two/")
    assert edited == "configmap/cm edited\n"
    assert await kubectl.words("{.data.a}", "cm", "cm") == ["two"]
    await kubectl("label", "node", "node-1", "disk=ssd")
    assert await kubectl.words("{.items[*].metadata.name}", "nodes", "-l", "disk=ssd") == ["node-1"]


async def test_run_wait_replace_and_delete(kubectl: Kubectl, tmp_path: Path) -> None:
    await kubectl("run", "box", "--image=busybox", "--port=80", "--", "sleep", "1000")
    await kubectl("wait", "pod/box", "--for=condition=Ready", "--timeout=30s")
    path = tmp_path / "box.yaml"
    path.write_text(await kubectl("get", "pod", "box", "-o", "yaml"))
    assert "replaced" in await kubectl("replace", "--force", "-f", str(path))
    assert "deleted" in await kubectl("delete", "pod", "box", "--now")
    await kubectl("create", "deployment", "web", "--image=nginx", "--replicas=2")
    await kubectl("delete", "deployment", "-l", "app=web")
    await kubectl("delete", "pods", "--all", "--force", "--grace-period=0")
    assert await kubectl("get", "deploy,pods", "-o", "name") == ""


async def test_nodes_are_cordoned_tainted_and_drained(kubectl: Kubectl) -> None:
    await kubectl("create", "deployment", "web", "--image=nginx", "--replicas=4")
    await kubectl("rollout", "status", "deployment/web")
    await kubectl("cordon", "node-1")
    assert "SchedulingDisabled" in await kubectl("get", "node", "node-1")
    assert "drained" in await kubectl("drain", "node-1", "--ignore-daemonsets", "--force", "--timeout=40s")
    await kubectl("rollout", "status", "deployment/web")
    assert set(await kubectl.words("{.items[*].spec.nodeName}", "pods")) == {"node-2"}
    await kubectl("uncordon", "node-1")
    await kubectl("taint", "node", "node-1", "a=b:NoSchedule")
    assert await kubectl.words("{.spec.taints[*].key}", "node", "node-1") == ["a"]
    await kubectl("taint", "node", "node-1", "a-")
    assert await kubectl.words("{.spec.taints[*].key}", "node", "node-1") == []


async def test_exec_runs_commands_and_tells_their_exit_code(kubectl: Kubectl) -> None:
    await kubectl("run", "box", "--image=busybox", "--", "sleep", "1000")
    await kubectl("wait", "pod/box", "--for=condition=Ready", "--timeout=30s")
    command = ("exec", "box", "--", "sh", "-c", "echo hi; exit 3")
    finished = await kubectl.run(*command)
    assert (finished.code, finished.out) == (3, "hi\n")
    assert await kubectl("exec", "-i", "box", "--", "sh", stdin="echo piped\n") == "piped\n"
