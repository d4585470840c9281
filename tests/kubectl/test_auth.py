"""Who may do what, as kubectl asks and grants it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.kubectl.conftest import Kubectl

RECONCILED = """apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader, namespace: default}
rules:
  - {apiGroups: [""], resources: [pods, configmaps], verbs: [get, list]}
"""


async def test_asking_what_one_may(kubectl: Kubectl) -> None:
    assert await kubectl("auth", "can-i", "create", "deployments") == "yes\n"
    finished = await kubectl.run("auth", "can-i", "list", "secrets", "--as", "jane")
    assert (finished.code, finished.out) == (1, "no\n")
    assert await kubectl("auth", "can-i", "get", "/version", "--as", "jane") == "yes\n"
    listed = await kubectl("auth", "can-i", "--list", "--as", "jane")
    assert "selfsubjectaccessreviews.authorization.k8s.io" in listed
    assert "[/healthz]" in listed


async def test_knowing_who_one_is(kubectl: Kubectl) -> None:
    if kubectl.binary.name == "kubectl.1.27":  # knows the API before it was v1, which is gone
        assert "the selfsubjectreviews API is not enabled" in await kubectl.refused("auth", "whoami")
        return
    told = await kubectl("auth", "whoami", "--as", "jane", "--as-group", "devs", "--as-uid", "7")
    assert "jane" in told
    assert "[devs system:authenticated]" in told
    own = json.loads(await kubectl("auth", "whoami", "-o", "json"))["status"]["userInfo"]
    assert own == {"username": "kubernetes-admin", "groups": ["system:masters", "system:authenticated"]}


async def test_granting_and_using_a_role(kubectl: Kubectl) -> None:
    await kubectl("create", "role", "reader", "--verb=get,list", "--resource=pods,deployments.apps")
    await kubectl("create", "rolebinding", "jane-reads", "--role=reader", "--user=jane")
    assert await kubectl("auth", "can-i", "list", "deployments", "--as", "jane") == "yes\n"
    await kubectl("get", "pods", "--as", "jane")
    refused = await kubectl.refused("get", "pods", "--as", "jane", "-n", "kube-system")
    assert refused == (
        'Error from server (Forbidden): pods is forbidden: User "jane" cannot list resource "pods" in API '
        'group "" in the namespace "kube-system"\n'
    )
    described = await kubectl("describe", "role", "reader")
    assert "deployments.apps" in described
    await kubectl("create", "clusterrole", "looker", "--verb=get", "--non-resource-url=/metrics")
    await kubectl("create", "clusterrolebinding", "looks", "--clusterrole=looker", "--group=lookers")
    assert "apiserver_request_total" in await kubectl(
        "get", "--raw", "/metrics", "--as", "eve", "--as-group", "lookers"
    )


async def test_edit_is_made_of_its_parts(kubectl: Kubectl) -> None:
    await kubectl("create", "rolebinding", "devs-edit", "--clusterrole=edit", "--group=devs")
    as_dev = ("--as", "jane", "--as-group", "devs")
    await kubectl("create", "deployment", "web", "--image=nginx", *as_dev)
    await kubectl("get", "configmaps", *as_dev)  # by way of view
    await kubectl.refused("create", "role", "r", "--verb=get", "--resource=pods", *as_dev)
    await kubectl.refused("get", "nodes", *as_dev)


async def test_tokens_of_accounts(kubectl: Kubectl) -> None:
    await kubectl("create", "serviceaccount", "robot")
    token = (await kubectl("create", "token", "robot", "--duration", "1h")).strip()
    await kubectl(
        "create", "rolebinding", "robot-views", "--clusterrole=view", "--serviceaccount=default:robot"
    )
    assert kubectl.cluster.listener is not None
    server = ("--kubeconfig", "/dev/null", "--server", kubectl.cluster.listener.endpoint)
    trusted = ("--certificate-authority", str(kubectl.cluster.directory / "pki" / "ca.crt"), "--token", token)
    assert "kube-root-ca.crt" in await kubectl("get", "configmaps", *server, *trusted)
    refused = await kubectl.refused("get", "secrets", *server, *trusted)
    assert 'User "system:serviceaccount:default:robot" cannot list resource "secrets"' in refused
    await kubectl("delete", "serviceaccount", "robot")
    assert "Unauthorized" in await kubectl.refused("get", "configmaps", *server, *trusted)


async def test_a_secret_that_holds_a_token(kubectl: Kubectl) -> None:
    manifest = (
        "apiVersion: v1\nkind: Secret\ntype: kubernetes.io/service-account-token\nmetadata: {name: t, "
        "annotations: {kubernetes.io/service-account.name: default}}"
    )
    await kubectl("apply", "-f", "-", stdin=manifest)
    path = "{.data.token}"
    for _ in range(50):
        if await kubectl("get", "secret", "t", "-o", f"jsonpath={path}"):
            break
    described = await kubectl("describe", "secret", "t")
    assert "namespace:  7 bytes" in described
    assert "token:      ey" in described


async def test_reconciling_roles_of_a_file(kubectl: Kubectl, tmp_path: Path) -> None:
    path = tmp_path / "role.yaml"
    path.write_text(RECONCILED)
    await kubectl("create", "role", "reader", "--verb=get", "--resource=secrets")
    told = await kubectl("auth", "reconcile", "-f", str(path))
    assert "reader reconciled" in told
    rules = await kubectl("get", "role", "reader", "-o", "jsonpath={.rules[*].resources}")
    assert '"secrets"' in rules
    assert "configmaps" in rules
