"""The commands of tutorials, each against one cluster that all of them share, in a namespace of its own."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.kubectl.conftest import Kubectl, in_namespace

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(loop_scope="module")
async def kubectl(shared: Kubectl) -> Kubectl:
    return await in_namespace(shared)


async def test_every_generator(kubectl: Kubectl) -> None:
    n = kubectl.namespace
    bootcamp = "gcr.io/google-samples/kubernetes-bootcamp:v1"
    await asyncio.gather(
        kubectl("create", "deployment", "kubernetes-bootcamp", f"--image={bootcamp}"),
        kubectl("create", "configmap", "cm", "--from-literal=a=b"),
        kubectl("create", "secret", "generic", "plain", "--from-literal=password=secret"),
        kubectl("create", "secret", "docker-registry", "pull", "--docker-server=example.com",
                "--docker-username=me", "--docker-password=pw"),
        kubectl("create", "namespace", f"{n}-more"),
        kubectl("create", "serviceaccount", "robot"),
        kubectl("create", "job", "once", "--image=busybox", "--", "true"),
        kubectl("create", "role", "reader", "--verb=get,list", "--resource=pods"),
        kubectl("create", "rolebinding", "reader", "--role=reader", f"--serviceaccount={n}:robot"),
        kubectl("create", "clusterrole", f"{n}-nodes", "--verb=get", "--resource=nodes"),
        kubectl("create", "clusterrolebinding", n, f"--clusterrole={n}-nodes", f"--serviceaccount={n}:robot"),
        kubectl("create", "ingress", "front", "--rule=example.com/shop*=web:80"),
        kubectl("create", "service", "clusterip", "inner", "--tcp=80:8080"),
        kubectl("create", "service", "nodeport", "outer", "--tcp=80:8080"),
        kubectl("create", "quota", "few", "--hard=pods=50"),
        kubectl("create", "priorityclass", f"{n}-high", "--value=1000"),
    )  # fmt: skip
    await kubectl("create", "pdb", "web", "--selector=app=web", "--min-available=1")
    assert await kubectl.words("{.spec.minAvailable}", "pdb", "web") == ["1"]
    if kubectl.minor >= 21:  # before, its cron jobs were of a version that it does not get back
        await kubectl("create", "cronjob", "tick", "--image=busybox", "--schedule=*/5 * * * *", "--", "date")
        await kubectl("create", "job", "now", "--from=cronjob/tick")
        assert await kubectl.words("{.spec.concurrencyPolicy}", "cronjob", "tick") == ["Allow"]
    image = "{.spec.template.spec.containers[0].image}"
    assert await kubectl.words(image, "deploy", "kubernetes-bootcamp") == [bootcamp]
    assert await kubectl.words("{.type}", "secret", "pull") == ["kubernetes.io/dockerconfigjson"]
    assert await kubectl.words("{.spec.rules[0].http.paths[0].pathType}", "ingress", "front") == ["Prefix"]
    assert await kubectl.words("{.value}", "priorityclass", f"{n}-high") == ["1000"]
    assert await kubectl.words("{.subjects[0].name}", "rolebinding", "reader") == ["robot"]


async def test_secrets_are_described_without_their_content(kubectl: Kubectl) -> None:
    await kubectl("create", "secret", "generic", "db", "--from-literal=password=hunter2")
    described = await kubectl("describe", "secret", "db")
    assert re.search(r"password:\s+7 bytes", described)
    assert "hunter2" not in described
    assert "db" in await kubectl("get", "secrets")


async def test_run_with_a_port_and_delete_by_label(kubectl: Kubectl) -> None:
    await kubectl("run", "--image=nginx:alpine", "nginx-app", "--port=8180")
    await kubectl("expose", "pod", "nginx-app")
    ports = "{.spec.containers[0].ports[0].containerPort}"
    assert await kubectl.words(ports, "pod", "nginx-app") == ["8180"]
    assert await kubectl.words("{.spec.ports[0].port}", "service", "nginx-app") == ["8180"]
    assert "deleted" in await kubectl("delete", "service", "-l", "run=nginx-app")
    assert "No resources found" in (await kubectl.run("delete", "service", "-l", "run=nginx-app")).out


async def test_a_pod_is_restarted_by_replacing_it(kubectl: Kubectl) -> None:
    await kubectl("run", "box", "--image=nginx")
    await kubectl("wait", "--for=condition=Ready", "pod/box", "--timeout=30s")
    before = await kubectl.words("{.metadata.uid}", "pod", "box")
    manifest = await kubectl("get", "pod", "box", "-o", "yaml")
    assert "pod/box replaced" in await kubectl("replace", "--force", "-f", "-", stdin=manifest)
    await kubectl("wait", "--for=condition=Ready", "pod/box", "--timeout=30s")
    assert await kubectl.words("{.metadata.uid}", "pod", "box") != before


async def test_labels_of_pods_and_nodes(kubectl: Kubectl) -> None:
    await kubectl("run", "box", "--image=nginx")
    node, key = "node-1", f"{kubectl.namespace}-disk"
    for kind, name, label in (("pod", "box", "version"), ("node", node, key)):
        assert "labeled" in await kubectl("label", kind, name, f"{label}=v1")
        assert f"{label}=v1" in await kubectl("get", kind, name, "--show-labels")
        assert "already has a value" in await kubectl.refused("label", kind, name, f"{label}=v2")
        assert "labeled" in await kubectl("label", kind, name, f"{label}=v2", "--overwrite")
        assert await kubectl("get", kind, "-l", f"{label}=v2", "-o", "name") == f"{kind}/{name}\n"
        assert "label" in await kubectl("label", kind, name, f"{label}-")
        assert f"{label}=" not in await kubectl("get", kind, name, "--show-labels")


async def test_columns_of_ones_own(kubectl: Kubectl) -> None:
    await kubectl("create", "configmap", "cm", "--from-literal=a=b")
    columns = "custom-columns=NAME:.metadata.name,A:.data.a"
    table = await kubectl("get", "configmap", "cm", "-o", columns)
    assert [line.split() for line in table.splitlines()] == [["NAME", "A"], ["cm", "b"]]


async def test_a_revision_is_chosen(kubectl: Kubectl) -> None:
    image = "{.spec.template.spec.containers[0].image}"
    await kubectl("create", "deployment", "web", "--image=nginx:1")
    for version in (2, 3):
        await kubectl("set", "image", "deployment/web", f"nginx=nginx:{version}")
        await kubectl("annotate", "deployment/web", f"kubernetes.io/change-cause=to {version}", "--overwrite")
    await kubectl("rollout", "status", "deployment/web")
    history = await kubectl("rollout", "history", "deployment/web")
    assert re.findall(r"^(\d)\s", history, re.MULTILINE) == ["1", "2", "3"]
    assert "nginx:2" in await kubectl("rollout", "history", "deployment/web", "--revision=2")
    assert "rolled back" in await kubectl("rollout", "undo", "deployment/web", "--to-revision=1")
    assert await kubectl.words(image, "deploy", "web") == ["nginx:1"]
    assert "unable to find specified revision" in await kubectl.refused(
        "rollout", "undo", "deployment/web", "--to-revision=9"
    )


async def test_autoscalers_are_made(kubectl: Kubectl) -> None:
    await kubectl("create", "deployment", "web", "--image=nginx")
    await kubectl("autoscale", "deployment", "web", "--min=2", "--max=5", "--cpu-percent=50")
    spec = "{.spec.minReplicas} {.spec.maxReplicas} {.spec.scaleTargetRef.name}"
    assert await kubectl.words(spec, "hpa", "web") == ["2", "5", "web"]
    assert "Deployment/web" in await kubectl("get", "hpa", "web")
    assert "Min replicas:" in await kubectl("describe", "hpa", "web")


OLD = """apiVersion: batch/v1beta1
kind: CronJob
metadata: {name: pi}
spec:
  schedule: "*/1 * * * *"
  jobTemplate:
    spec: {template: {spec: {restartPolicy: OnFailure, containers: [{name: pi, image: perl}]}}}
---
apiVersion: extensions/v1beta1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: nginx}]}
---
apiVersion: networking.k8s.io/v1beta1
kind: Ingress
metadata: {name: front}
spec:
  rules: [{http: {paths: [{path: /, backend: {serviceName: web, servicePort: 80}}]}}]
"""


async def test_manifests_of_old_tutorials(kubectl: Kubectl) -> None:
    first = await kubectl.run("apply", "-f", "-", stdin=OLD)
    assert first.code == 0, first.err
    assert len(re.findall(" created$", first.out, re.MULTILINE)) == 3
    assert "batch/v1beta1 CronJob is deprecated in v1.21+, unavailable in v1.25+" in first.err
    assert await kubectl.words("{.apiVersion}", "cronjob", "pi") == ["batch/v1"]
    assert await kubectl.words("{.spec.selector.matchLabels.app}", "deploy", "web") == ["web"]
    backend = "{.spec.rules[0].http.paths[0].backend.service.name}"
    assert await kubectl.words(backend, "ingress", "front") == ["web"]
    changed = await kubectl.run("apply", "-f", "-", stdin=OLD.replace("*/1", "*/2").replace("perl", "perl:5"))
    assert changed.code == 0, changed.err
    assert await kubectl.words("{.spec.schedule}", "cronjob", "pi") == ["*/2", "*", "*", "*", "*"]
    assert (await kubectl("delete", "-f", "-", stdin=OLD)).count(" deleted") == 3
    assert "cronjobs.batch" in await kubectl("api-resources", "-o", "name")


async def test_what_a_folder_holds_no_more_is_pruned(kubectl: Kubectl, tmp_path: Path) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    for name in ("one", "two"):
        (folder / f"{name}.yaml").write_text(
            f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, labels: {{part: set}}}}\n"
        )
    allowed = "--prune-allowlist" if kubectl.minor >= 26 else "--prune-whitelist"
    prune = ("apply", "-f", str(folder), "--prune", "-l", "part=set", allowed, "core/v1/ConfigMap")
    await kubectl("create", "configmap", "other")
    await kubectl(*prune)
    (folder / "two.yaml").unlink()
    assert "configmap/two pruned" in await kubectl(*prune)
    names = await kubectl("get", "configmaps", "-o", "name")
    assert "configmap/one" in names
    assert "configmap/other" in names
    everything = ("apply", "-f", str(folder), "--prune", "-l", "part=set")
    assert "configmap/one unchanged" in await kubectl(*everything)


async def test_kustomizations(kubectl: Kubectl, web: Path) -> None:
    (web.parent / "kustomization.yaml").write_text(
        "namePrefix: blue-\nresources: [web.yaml]\nconfigMapGenerator: [{name: settings, literals: [a=b]}]\n"
    )
    applied = await kubectl("apply", "-k", str(web.parent))
    assert "deployment.apps/blue-web created" in applied
    assert "service/blue-web created" in applied
    assert re.search(r"configmap/blue-settings-\w+ created", applied)
    assert "blue-web" in await kubectl("get", "-k", str(web.parent))
    assert "deleted" in await kubectl("delete", "-k", str(web.parent))


async def test_a_budget_holds_a_drain_back(kubectl: Kubectl) -> None:
    if kubectl.minor < 21:
        pytest.skip("it knows no policy/v1")
    await kubectl("create", "deployment", "web", "--image=nginx", "--replicas=2")
    await kubectl("create", "pdb", "web", "--selector=app=web", "--max-unavailable=1")
    await kubectl("rollout", "status", "deployment/web")
    await kubectl("wait", "--for=jsonpath={.status.disruptionsAllowed}=1", "pdb/web", "--timeout=30s")
    await kubectl("patch", "pdb", "web", "--type=merge", "-p", '{"spec":{"maxUnavailable":0}}')
    await kubectl("wait", "--for=jsonpath={.status.disruptionsAllowed}=0", "pdb/web", "--timeout=30s")
    (node, *_) = await kubectl.words("{.items[*].spec.nodeName}", "pods")
    selected = ("drain", node, "--pod-selector=app=web", "--ignore-daemonsets")
    finished = await kubectl.run(*selected, "--timeout=3s")
    assert finished.code != 0
    assert "Cannot evict pod as it would violate the pod's disruption budget." in finished.err
    await kubectl("patch", "pdb", "web", "--type=merge", "-p", '{"spec":{"maxUnavailable":1}}')
    assert "drained" in await kubectl(*selected, "--timeout=40s")
    await kubectl("uncordon", node)
    assert node not in await kubectl("get", "nodes", "-o", "name", "--field-selector=spec.unschedulable=true")


async def test_debugging_pods_and_nodes(kubectl: Kubectl) -> None:
    if kubectl.minor < 23:
        pytest.skip("its ephemeral containers were another API")
    await kubectl("run", "box", "--image=nginx")
    await kubectl("wait", "--for=condition=Ready", "pod/box", "--timeout=30s")
    await kubectl("debug", "box", "--image=busybox", "-c", "look", "--", "sleep", "100")
    running = "--for=jsonpath={.status.ephemeralContainerStatuses[0].state.running.startedAt}"
    if kubectl.minor >= 31:
        await kubectl("wait", running, "pod/box", "--timeout=30s")
    assert await kubectl.words("{.spec.ephemeralContainers[*].name}", "pod", "box") == ["look"]
    assert "Ephemeral Containers:" in await kubectl("describe", "pod", "box")
    await kubectl("debug", "box", "--image=busybox", "--copy-to=copy", "--", "sleep", "100")
    assert await kubectl.words("{.metadata.name}", "pod", "copy") == ["copy"]
    made = await kubectl.run("debug", "node/node-1", "--image=busybox", "--", "true")
    (name,) = re.findall(r"debugging pod (\S+) ", made.out + made.err)
    assert await kubectl.words("{.spec.nodeName}", "pod", name) == ["node-1"]


async def test_events_of_an_object(kubectl: Kubectl) -> None:
    await kubectl("run", "box", "--image=nginx")
    await kubectl("wait", "--for=condition=Ready", "pod/box", "--timeout=30s")
    listed = await kubectl("get", "events", "--field-selector", "involvedObject.name=box")
    assert {"Scheduled", "Pulled", "Started"} <= set(listed.split())
    if kubectl.minor >= 23:
        assert "Scheduled" in await kubectl("events", "--for", "pod/box")


async def test_waiting_for_a_deletion_and_for_a_value(kubectl: Kubectl) -> None:
    await kubectl("run", "box", "--image=nginx")
    await kubectl("wait", "--for=condition=Ready", "pod/box", "--timeout=30s")
    waiting = asyncio.ensure_future(kubectl("wait", "--for=delete", "pod/box", "--timeout=30s"))
    await asyncio.sleep(0.3)
    await kubectl("delete", "pod", "box", "--force", "--grace-period=0")
    assert "condition met" in await waiting
    await kubectl("create", "deployment", "web", "--image=nginx", "--replicas=2")
    await kubectl("wait", "--for=condition=Available", "deployment/web", "--timeout=30s")
    if kubectl.minor >= 23:
        ready = "--for=jsonpath={.status.readyReplicas}=2"
        await kubectl("wait", ready, "deployment/web", "--timeout=30s")
    assert "timed out" in await kubectl.refused(
        "wait", "--for=condition=Nope", "deployment/web", "--timeout=1s"
    )


async def test_certificates_are_asked_for_and_granted(kubectl: Kubectl) -> None:
    names = [f"{kubectl.namespace}-{answer}" for answer in ("yes", "no")]
    key = ec.generate_private_key(ec.SECP256R1())
    for name in names:
        await kubectl("apply", "-f", "-", stdin=_signing_request(name, key))
    await kubectl("certificate", "approve", names[0])
    await kubectl("certificate", "deny", names[1])
    await kubectl("wait", "--for=condition=Approved", f"csr/{names[0]}", "--timeout=30s")
    table = await kubectl("get", "csr")
    assert re.search(rf"{names[1]} .*Denied", table)
    assert "already Approved" in await kubectl.refused("certificate", "deny", names[0])
    for _ in range(50):
        found = await kubectl.words("{.status.certificate}", "csr", names[0])
        if found:
            break
    own = await _configuration_of(kubectl, found[0], key)
    denied = await kubectl.run("get", "pods", KUBECONFIG=own)
    assert 'User "jane" cannot list resource "pods"' in denied.err


async def test_who_may_do_what(kubectl: Kubectl) -> None:
    robot = f"system:serviceaccount:{kubectl.namespace}:robot"
    await kubectl("create", "serviceaccount", "robot")
    await kubectl("create", "role", "reader", "--verb=list", "--resource=pods")
    await kubectl(
        "create", "rolebinding", "reader", "--role=reader", f"--serviceaccount={kubectl.namespace}:robot"
    )
    assert await kubectl("auth", "can-i", "create", "deployments") == "yes\n"
    assert await kubectl("auth", "can-i", "list", "pods", "--as", robot) == "yes\n"
    assert (await kubectl.run("auth", "can-i", "delete", "pods", "--as", robot)).out == "no\n"
    assert "pods" in await kubectl("auth", "can-i", "--list", "--as", robot)
    assert "Forbidden" in await kubectl.refused("get", "secrets", "--as", robot)
    assert await kubectl("get", "pods", "--as", robot, "-o", "name") == ""
    if kubectl.minor >= 24:
        token = (await kubectl("create", "token", "robot")).strip()
        assert token.count(".") == 2
    if kubectl.minor >= 28:
        assert robot in await kubectl("auth", "whoami", "--as", robot)


async def test_use_of_nodes_and_pods(kubectl: Kubectl) -> None:
    await kubectl("run", "box", "--image=nginx")
    await kubectl("wait", "--for=condition=Ready", "pod/box", "--timeout=30s")
    for _ in range(50):
        finished = await kubectl.run("top", "pods")
        if finished.code == 0 and "box" in finished.out:
            break
        await asyncio.sleep(0.2)
    assert re.search(r"box\s+\d+m\s+\d+Mi", finished.out), finished
    assert re.search(r"node-1\s+\d+m\s+\d+%\s+\d+Mi\s+\d+%", await kubectl("top", "nodes"))


async def test_the_configuration(shared: Kubectl) -> None:
    view = await shared("config", "view")
    assert "certificate-authority-data: DATA+OMITTED" in view
    current = (await shared("config", "current-context")).strip()
    assert re.search(rf"\*\s+{current}\s+", await shared("config", "get-contexts"))
    for shell in ("bash", "zsh"):
        assert "kubectl" in await shared("completion", shell)


async def test_the_cluster_tells_of_itself(kubectl: Kubectl, tmp_path: Path) -> None:
    assert "is running at" in await kubectl("cluster-info")
    await kubectl("run", "box", "--image=nginx")
    await kubectl("wait", "--for=condition=Ready", "pod/box", "--timeout=30s")
    await kubectl(
        "cluster-info", "dump", "--namespaces", kubectl.namespace, f"--output-directory={tmp_path}/dump"
    )
    assert (tmp_path / "dump/nodes.json").exists()
    pods = json.loads((tmp_path / f"dump/{kubectl.namespace}/pods.json").read_text())
    assert [pod["metadata"]["name"] for pod in pods["items"]] == ["box"]
    assert (tmp_path / f"dump/{kubectl.namespace}/box/logs.txt").read_text()
    resources = await kubectl("api-resources", "--verbs=list", "--namespaced", "-o", "name")
    assert {"pods", "deployments.apps", "jobs.batch", "ingresses.networking.k8s.io"} <= set(resources.split())


async def test_the_proxy_serves_the_api_and_what_is_behind_it(kubectl: Kubectl, web: Path) -> None:
    await kubectl("apply", "-f", str(web))
    await kubectl("rollout", "status", "deployment/web")
    process = await kubectl.start("proxy", "--port=0")
    try:
        assert process.stdout is not None
        async with asyncio.timeout(30):
            line = (await process.stdout.readline()).decode()
            address = line.split()[-1]
            space = f"/api/v1/namespaces/{kubectl.namespace}"
            assert '"kind":"PodList"' in await _get(address, f"{space}/pods")
            assert "simulated container" in await _get(address, f"{space}/services/web/proxy/")
            assert await _get(address, "/api/v1/nodes/node-1/proxy/healthz") == "ok"
    finally:
        process.terminate()
        await process.communicate()


async def test_editing_with_the_editor_of_kubectl(kubectl: Kubectl) -> None:
    await kubectl("create", "deployment", "web", "--image=nginx")
    editor = "sed -i s/replicas:.1/replicas:.3/"
    edited = await kubectl("edit", "deployment", "web", KUBE_EDITOR=editor.replace(":.3", ":\\ 3"))
    assert edited == "deployment.apps/web edited\n"
    assert await kubectl.words("{.spec.replicas}", "deploy", "web") == ["3"]


async def _get(address: str, path: str) -> str:
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
    answer = (await reader.read()).decode()
    writer.close()
    await writer.wait_closed()
    return answer.partition("\r\n\r\n")[2]


def _signing_request(name: str, key: ec.EllipticCurvePrivateKey) -> str:
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "jane")])
    request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    text = base64.b64encode(request.public_bytes(serialization.Encoding.PEM)).decode()
    spec = {"request": text, "signerName": "kubernetes.io/kube-apiserver-client", "usages": ["client auth"]}
    return json.dumps(
        {"apiVersion": "certificates.k8s.io/v1", "kind": "CertificateSigningRequest",
         "metadata": {"name": name}, "spec": spec}
    )  # fmt: skip


async def _configuration_of(kubectl: Kubectl, certificate: str, key: ec.EllipticCurvePrivateKey) -> str:
    """A kubeconfig in which only this key speaks; its path."""
    config = yaml.safe_load(await kubectl("config", "view", "--raw"))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    data = {
        "client-certificate-data": certificate,
        "client-key-data": base64.b64encode(private).decode(),
    }
    config["users"][0]["user"] = data
    path = kubectl.home / "jane.kubeconfig"
    path.write_text(yaml.safe_dump(config))
    return str(path)
