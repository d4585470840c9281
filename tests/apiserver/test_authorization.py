"""Roles decide; nobody grants more than he holds; a node touches what is its own."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.support.control_plane import ControlPlane
from tuik8s.api import kinds
from tuik8s.api.errors import ApiError, BadRequest, Forbidden, Invalid
from tuik8s.api.pods import MIRROR_ANNOTATION
from tuik8s.api.request import User
from tuik8s.apiserver.authentication.service_accounts import TokenIssuer
from tuik8s.apiserver.authentication.signing_key import new_signing_key
from tuik8s.apiserver.authorization.defaults import default_roles
from tuik8s.apiserver.authorization.rules import EVERYTHING, missing
from tuik8s.client import Client
from tuik8s.cluster import identities
from tuik8s.controllers import CONTROLLERS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tuik8s.api.objects import Obj

RBAC = "rbac.authorization.k8s.io"


@pytest.fixture
async def plane() -> AsyncIterator[ControlPlane]:
    plane = await ControlPlane.start(authorization_modes=("Node", "RBAC"))
    yield plane
    plane.verify_unchanged()
    await plane.close()


def as_user(plane: ControlPlane, name: str, *groups: str) -> Client:
    return Client(plane.api, User(name, (*groups, "system:authenticated")))


def rule(verbs: str, resources: str, *, group: str = "", names: str = "") -> Obj:
    made: Obj = {"verbs": verbs.split(), "apiGroups": [group], "resources": resources.split()}
    return {**made, "resourceNames": names.split()} if names else made


async def grant(plane: ControlPlane, namespace: str, user: str, *rules: Obj, name: str = "r") -> None:
    """A role and its binding, as the administrator makes them; cluster-wide without a namespace."""
    role, binding = (
        (kinds.ROLE, kinds.ROLE_BINDING) if namespace else (kinds.CLUSTER_ROLE, kinds.CLUSTER_ROLE_BINDING)
    )
    await plane.client.create(role, {"metadata": {"name": name}, "rules": list(rules)}, namespace=namespace)
    await plane.client.create(
        binding,
        {
            "metadata": {"name": name},
            "roleRef": {"apiGroup": RBAC, "kind": role.kind, "name": name},
            "subjects": [{"kind": "User", "name": user}],
        },
        namespace=namespace,
    )


def config_map(name: str) -> Obj:
    return {"metadata": {"name": name, "namespace": "default"}, "data": {}}


async def refusal(awaitable: Any) -> str:
    with pytest.raises(Forbidden) as refused:
        await awaitable
    return refused.value.message


async def test_without_a_role_nothing_is_allowed(plane: ControlPlane) -> None:
    jane = as_user(plane, "jane")
    assert await refusal(jane.list(kinds.POD, "default")) == (
        'pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the '
        'namespace "default"'
    )
    assert await refusal(jane.get(kinds.DEPLOYMENT, "default", "web")) == (
        'deployments.apps "web" is forbidden: User "jane" cannot get resource "deployments" in API group '
        '"apps" in the namespace "default"'
    )
    assert await refusal(jane.get(kinds.NODE, "", "n")) == (
        'nodes "n" is forbidden: User "jane" cannot get resource "nodes" in API group "" at the cluster scope'
    )
    assert 'cannot get resource "pods/status"' in await refusal(
        jane.get(kinds.POD, "default", "p", subresource="status")
    )


async def test_a_role_holds_in_its_namespace_and_is_gone_when_it_is_deleted(plane: ControlPlane) -> None:
    jane = as_user(plane, "jane")
    await grant(plane, "default", "jane", rule("create list", "configmaps"))
    await jane.create(kinds.CONFIG_MAP, config_map("a"))
    assert len((await jane.list(kinds.CONFIG_MAP, "default"))["items"]) == 1
    await refusal(jane.list(kinds.CONFIG_MAP, "kube-system"))
    await refusal(jane.list(kinds.CONFIG_MAP))
    await refusal(jane.delete(kinds.CONFIG_MAP, "default", "a"))
    await plane.client.delete(kinds.ROLE, "default", "r")
    assert (await refusal(jane.list(kinds.CONFIG_MAP, "default"))).endswith(
        ': RBAC: role.rbac.authorization.k8s.io "r" not found'
    )
    await plane.client.delete(kinds.ROLE_BINDING, "default", "r")
    assert "RBAC:" not in await refusal(jane.list(kinds.CONFIG_MAP, "default"))


async def test_names_limit_a_rule_to_single_objects(plane: ControlPlane) -> None:
    jane = as_user(plane, "jane")
    await grant(plane, "", "jane", rule("get list", "configmaps", names="a b"))
    for name in ("a", "c"):
        await plane.client.create(kinds.CONFIG_MAP, config_map(name))
    await jane.get(kinds.CONFIG_MAP, "default", "a")
    await refusal(jane.get(kinds.CONFIG_MAP, "default", "c"))
    await refusal(jane.list(kinds.CONFIG_MAP, "default"))
    assert await jane.list(kinds.CONFIG_MAP, "default", field_selector="metadata.name=a")
    await refusal(jane.list(kinds.CONFIG_MAP, "default", field_selector="metadata.name=c"))


async def test_making_what_is_missing_needs_the_right_to_create(plane: ControlPlane) -> None:
    jane = as_user(plane, "jane")
    endpoints = {"metadata": {"name": "e", "namespace": "default"}}
    await grant(plane, "default", "jane", rule("patch", "configmaps"), rule("update", "endpoints"))
    made = {"apiVersion": "v1", "kind": "ConfigMap", **config_map("a")}
    assert 'cannot create resource "configmaps"' in await refusal(
        jane.apply(kinds.CONFIG_MAP, made, field_manager="jane")
    )
    assert 'cannot create resource "endpoints"' in await refusal(jane.update(kinds.ENDPOINTS, endpoints))
    assert (await plane.client.list(kinds.CONFIG_MAP, "default"))["items"] == []
    await plane.client.create(kinds.CONFIG_MAP, config_map("a"))
    await jane.apply(kinds.CONFIG_MAP, made, field_manager="jane")
    await grant(plane, "default", "jane", rule("create", "endpoints"), name="more")
    await jane.update(kinds.ENDPOINTS, endpoints)


async def test_watches_are_authorised_too(plane: ControlPlane) -> None:
    await grant(plane, "default", "jane", rule("list", "configmaps"))
    await refusal(anext(as_user(plane, "jane").watch(kinds.CONFIG_MAP, "default")))


async def test_view_in_a_namespace_shows_it_but_no_secrets(plane: ControlPlane) -> None:
    await plane.client.create(
        kinds.ROLE_BINDING,
        {
            "metadata": {"name": "devs"},
            "roleRef": {"kind": "ClusterRole", "name": "system:aggregate-to-view"},
            "subjects": [{"kind": "Group", "name": "devs"}],
        },
        namespace="default",
    )
    dev = as_user(plane, "jane", "devs")
    await dev.list(kinds.POD, "default")
    await dev.get(kinds.NAMESPACE, "", "default")
    await refusal(dev.get(kinds.NAMESPACE, "", "kube-system"))
    await refusal(dev.list(kinds.SECRET, "default"))


async def test_nobody_grants_what_he_does_not_hold(plane: ControlPlane) -> None:
    everything = rule("*", "roles rolebindings", group=RBAC)
    await grant(plane, "default", "jane", {**everything, "verbs": ["get", "create", "update", "patch"]},
                rule("get", "pods"))  # fmt: skip
    jane = as_user(plane, "jane", "devs")
    await jane.create(
        kinds.ROLE, {"metadata": {"name": "own"}, "rules": [rule("get", "pods")]}, namespace="default"
    )
    wider = {"metadata": {"name": "wider"}, "rules": [rule("get list", "pods secrets")]}
    assert await refusal(jane.create(kinds.ROLE, wider, namespace="default")) == (
        'roles.rbac.authorization.k8s.io "wider" is forbidden: user "jane" (groups=["devs" '
        '"system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n'
        '{APIGroups:[""], Resources:["pods"], Verbs:["list"]}\n'
        '{APIGroups:[""], Resources:["secrets"], Verbs:["get", "list"]}'
    )
    await refusal(jane.patch(kinds.ROLE, "default", "own", {"rules": [rule("delete", "pods")]}))
    await jane.patch(kinds.ROLE, "default", "own", {"metadata": {"labels": {"a": "b"}}})
    to_admin = {
        "metadata": {"name": "up"},
        "roleRef": {"kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"kind": "User", "name": "jane"}],
    }
    assert "not currently held" in await refusal(
        jane.create(kinds.ROLE_BINDING, to_admin, namespace="default")
    )


def test_a_rule_about_paths_includes_what_it_matches() -> None:
    def paths(*urls: str) -> Obj:
        return {"verbs": ["get"], "nonResourceURLs": list(urls)}

    wanted = [paths("/healthz/ping", "/healthz/*", "/healthy", "/metrics")]
    assert missing(wanted, [paths("/healthz/*")]) == [paths("/healthy"), paths("/metrics")]
    assert missing(wanted, [paths("/health*", "/metrics")]) == []
    assert missing(wanted, EVERYTHING) == []
    assert missing(EVERYTHING, [paths("*")]) == list(EVERYTHING)


async def test_escalate_and_bind_lift_the_guard(plane: ControlPlane) -> None:
    await grant(
        plane, "default", "jane",
        rule("create escalate", "roles", group=RBAC), rule("create", "rolebindings", group=RBAC),
        rule("bind", "clusterroles", group=RBAC, names="cluster-admin"),
    )  # fmt: skip
    jane = as_user(plane, "jane")
    role = {"metadata": {"name": "wide"}, "rules": [rule("*", "*")]}
    await jane.create(kinds.ROLE, role, namespace="default")
    binding = {
        "metadata": {"name": "up"},
        "roleRef": {"kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"kind": "User", "name": "jane"}],
    }
    await jane.create(kinds.ROLE_BINDING, binding, namespace="default")
    await jane.list(kinds.SECRET, "default")  # and now she is what she bound herself to


async def test_what_a_binding_refers_to_stays(plane: ControlPlane) -> None:
    await grant(plane, "default", "jane", rule("get", "pods"))
    with pytest.raises(Invalid, match="cannot change roleRef"):
        await plane.client.patch(kinds.ROLE_BINDING, "default", "r", {"roleRef": {"name": "other"}})


@pytest.mark.parametrize(
    ("kind", "body", "message"),
    [
        (kinds.ROLE, {"rules": [{"apiGroups": [""], "resources": ["pods"]}]},
         "rules[0].verbs: Required value: verbs must contain at least one value"),
        (kinds.ROLE, {"rules": [{"verbs": ["get"], "nonResourceURLs": ["/x"]}]},
         "namespaced rules cannot apply to non-resource URLs"),
        (kinds.ROLE, {"rules": [{"verbs": ["get"], "resources": ["pods"]}]},
         "rules[0].apiGroups: Required value: resource rules must supply at least one api group"),
        (kinds.ROLE_BINDING, {"roleRef": {"kind": "Thing", "name": "x"}},
         'roleRef.kind: Unsupported value: "Thing": supported values: "Role", "ClusterRole"'),
        (kinds.ROLE_BINDING, {"roleRef": {"kind": "Role", "name": "x"}, "subjects": [{"kind": "Cat"}]},
         'subjects[0].kind: Unsupported value: "Cat"'),
        (kinds.ROLE, {"metadata": {"name": "a/b"}}, "may not contain '/'"),
    ],
)  # fmt: skip
async def test_roles_that_cannot_be(plane: ControlPlane, kind: Any, body: Obj, message: str) -> None:
    with pytest.raises(Invalid) as refused:
        await plane.client.create(kind, {"metadata": {"name": "x"}, **body}, namespace="default")
    assert message in refused.value.message


async def test_default_roles_are_mended_at_the_next_start(plane: ControlPlane) -> None:
    async def rules_of(name: str) -> list[Obj]:
        found: list[Obj] = (await plane.client.get(kinds.CLUSTER_ROLE, "", name)).get("rules") or []
        return found

    whole = await rules_of("system:discovery")
    added = {"verbs": ["get"], "nonResourceURLs": ["/mine"]}
    await plane.client.patch(kinds.CLUSTER_ROLE, "", "system:discovery", {"rules": [added]})
    off = {"metadata": {"annotations": {"rbac.authorization.kubernetes.io/autoupdate": "false"}}, "rules": []}
    await plane.client.patch(kinds.CLUSTER_ROLE, "", "system:basic-user", off)
    await plane.client.delete(kinds.CLUSTER_ROLE_BINDING, "", "system:basic-user")
    await plane.api.bootstrap()
    mended = await rules_of("system:discovery")
    assert added in mended
    assert {url for r in mended for url in r["nonResourceURLs"]} > set(whole[0]["nonResourceURLs"])
    assert await rules_of("system:basic-user") == []
    await plane.client.get(kinds.CLUSTER_ROLE_BINDING, "", "system:basic-user")
    revision = plane.store.revision
    await plane.api.bootstrap()
    assert plane.store.revision == revision


def test_who_may_view_may_see_what_is_used() -> None:
    roles = {default.object["metadata"]["name"]: default.object for default in default_roles()}
    reader = roles["system:aggregated-metrics-reader"]
    assert reader["metadata"]["labels"]["rbac.authorization.k8s.io/aggregate-to-view"] == "true"
    assert reader["rules"] == [
        {"verbs": ["get", "list", "watch"], "apiGroups": ["metrics.k8s.io"], "resources": ["nodes", "pods"]}
    ]


def test_every_controller_has_an_account_with_a_role() -> None:
    bound = {
        (subject["kind"], subject["name"])
        for default in default_roles()
        for subject in default.object.get("subjects") or ()
    }
    for controller in CONTROLLERS:
        user = identities.of_controller(controller.name)
        account = user.name.removeprefix("system:serviceaccount:kube-system:")
        assert ("ServiceAccount", account) in bound or ("User", user.name) in bound, controller.name


# Nodes


def pod(name: str, node: str = "", **spec: Any) -> Obj:
    containers = [{"name": "main", "image": "busybox"}]
    return {
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"containers": containers, **({"nodeName": node} if node else {}), **spec},
    }


def secret_volume(name: str) -> Obj:
    return {"volumes": [{"name": "v", "secret": {"secretName": name}}]}


@pytest.fixture
async def nodes(plane: ControlPlane) -> tuple[Client, Client]:
    one, two = (Client(plane.api, identities.of_node(name)) for name in ("one", "two"))
    for client, name in ((one, "one"), (two, "two")):
        await client.create(kinds.NODE, {"metadata": {"name": name}})
    return one, two


async def test_a_node_reads_the_secrets_of_its_pods_alone(
    plane: ControlPlane, nodes: tuple[Client, Client]
) -> None:
    one, two = nodes
    await plane.client.create(kinds.SECRET, {"metadata": {"name": "s", "namespace": "default"}})
    assert (await refusal(one.get(kinds.SECRET, "default", "s"))).endswith(
        ": no relationship found between node 'one' and this object"
    )
    await plane.client.create(kinds.POD, pod("p", "one", **secret_volume("s")))
    await one.get(kinds.SECRET, "default", "s")
    await refusal(two.get(kinds.SECRET, "default", "s"))
    await refusal(one.list(kinds.SECRET, "default"))
    await one.list(kinds.SECRET, "default", field_selector="metadata.name=s")
    await plane.client.delete(kinds.POD, "default", "p", grace_period_seconds=0)
    await refusal(one.get(kinds.SECRET, "default", "s"))


async def test_a_node_writes_itself_and_the_status_of_its_pods(
    plane: ControlPlane, nodes: tuple[Client, Client]
) -> None:
    one, _ = nodes
    await plane.client.create(kinds.POD, pod("mine", "one"))
    await plane.client.create(kinds.POD, pod("yours", "two"))
    await one.patch(kinds.POD, "default", "mine", {"status": {"phase": "Running"}}, subresource="status")
    assert "can only update pod status for pods with spec.nodeName set to itself" in await refusal(
        one.patch(kinds.POD, "default", "yours", {"status": {"phase": "Running"}}, subresource="status")
    )
    assert "can only delete pods with spec.nodeName set to itself" in await refusal(
        one.delete(kinds.POD, "default", "yours")
    )
    await one.patch(kinds.NODE, "", "one", {"metadata": {"labels": {"node.kubernetes.io/x": "y"}}})
    assert 'is not allowed to modify node "two"' in await refusal(
        one.patch(kinds.NODE, "", "two", {"metadata": {"labels": {"a": "b"}}})
    )
    assert "not allowed to modify the following labels: node-restriction.kubernetes.io/x" in await refusal(
        one.patch(kinds.NODE, "", "one", {"metadata": {"labels": {"node-restriction.kubernetes.io/x": "y"}}})
    )
    assert "not allowed to modify taints" in await refusal(
        one.patch(kinds.NODE, "", "one", {"spec": {"taints": [{"key": "a", "effect": "NoSchedule"}]}})
    )
    assert "can only create mirror pods" in await refusal(one.create(kinds.POD, pod("made", "one")))
    lease = {"metadata": {"name": "two", "namespace": "kube-node-lease"}, "spec": {"holderIdentity": "one"}}
    assert "same name as the requesting node" in await refusal(one.create(kinds.LEASE, lease))


async def mirror(plane: ControlPlane, **spec: Any) -> Obj:
    """A pod that node one may make, if nothing is added."""
    uid = (await plane.client.get(kinds.NODE, "", "one"))["metadata"]["uid"]
    owner = {"apiVersion": "v1", "kind": "Node", "name": "one", "uid": uid, "controller": True}
    made = pod("m", "one", **spec)
    made["metadata"] |= {"annotations": {MIRROR_ANNOTATION: "x"}, "ownerReferences": [owner]}
    return made


async def test_a_mirror_pod_gives_its_node_no_rights(
    plane: ControlPlane, nodes: tuple[Client, Client]
) -> None:
    one, _ = nodes
    await plane.client.create(kinds.SECRET, {"metadata": {"name": "s", "namespace": "default"}})
    await one.create(kinds.POD, await mirror(plane))
    undone = {"metadata": {"annotations": {MIRROR_ANNOTATION: None}}}
    for client, subresource in ((one, "status"), (plane.client, "")):
        with pytest.raises(Invalid, match="may not remove or update mirror pod annotation"):
            await client.patch(kinds.POD, "default", "m", undone, subresource=subresource)
    await refusal(one.get(kinds.SECRET, "default", "s"))


FROM_SECRET = {"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}


@pytest.mark.parametrize(
    ("spec", "used"),
    [
        ({"serviceAccountName": "a"}, "serviceaccounts"),
        ({"serviceAccount": "a"}, "serviceaccounts"),
        ({"imagePullSecrets": [{"name": "s"}]}, "secrets"),
        ({"containers": [{"name": "c", "image": "i", "envFrom": [{"secretRef": {"name": "s"}}]}]}, "secrets"),
        ({"containers": [{"name": "c", "image": "i", "env": [FROM_SECRET]}]}, "secrets"),
        ({"initContainers": [{"name": "i", "image": "i", "envFrom": [{"configMapRef": {"name": "s"}}]}]},
         "configmaps"),
        ({"resourceClaims": [{"name": "r", "resourceClaimName": "r"}]}, "resourceclaims"),
    ],
)  # fmt: skip
async def test_what_a_mirror_pod_may_not_use(
    plane: ControlPlane, nodes: tuple[Client, Client], spec: Obj, used: str
) -> None:
    assert (await refusal(nodes[0].create(kinds.POD, await mirror(plane, **spec)))).endswith(
        f'node "one" can not create pods that reference {used}'
    )


@pytest.mark.parametrize(
    ("source", "used"),
    [
        ({"secret": {"secretName": "s"}}, "secrets"),
        ({"configMap": {"name": "s"}}, "configmaps"),
        ({"csi": {"driver": "d.x", "nodePublishSecretRef": {"name": "s"}}}, "secrets"),
        ({"csi": {"driver": "d.x"}}, "csidrivers (via csi volumes)"),
        ({"rbd": {"monitors": ["m"], "image": "i", "secretRef": {"name": "s"}}}, "secrets"),
        ({"persistentVolumeClaim": {"claimName": "s"}},
         "persistentvolumeclaims (via persistentVolumeClaim volumes)"),
        ({"projected": {"sources": [{"secret": {"name": "s"}}]}}, "secrets"),
        ({"projected": {"sources": [{"serviceAccountToken": {"path": "t"}}]}},
         "serviceaccounts (via projected volumes)"),
    ],
)  # fmt: skip
async def test_which_volumes_a_mirror_pod_may_not_have(
    plane: ControlPlane, nodes: tuple[Client, Client], source: Obj, used: str
) -> None:
    one, _ = nodes
    made = await mirror(plane, volumes=[{"name": "v", **source}])
    assert (await refusal(one.create(kinds.POD, made))).endswith(f"can not create pods that reference {used}")


async def test_a_mirror_pod_may_have_what_the_node_has(
    plane: ControlPlane, nodes: tuple[Client, Client]
) -> None:
    field = {"path": "n", "fieldRef": {"fieldPath": "metadata.name"}}
    volumes = [
        {"name": "a", "hostPath": {"path": "/etc"}},
        {"name": "b", "emptyDir": {}},
        {"name": "c", "projected": {"sources": [{"downwardAPI": {"items": [field]}}]}},
    ]
    await nodes[0].create(kinds.POD, await mirror(plane, volumes=volumes))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (None, "can only create pods with an owner reference set to itself"),
        ({"name": "two"}, "can only create pods with an owner reference set to itself"),
        ({"kind": "Pod"}, "can only create pods with an owner reference set to itself"),
        ({"controller": False}, "can only create pods with a controller owner reference set to itself"),
        ({"blockOwnerDeletion": True}, "must not set blockOwnerDeletion on an owner reference"),
        ({"uid": "other"}, "node one UID mismatch: expected other got "),
    ],
)
async def test_a_mirror_pod_belongs_to_its_node(
    plane: ControlPlane, nodes: tuple[Client, Client], changed: Obj | None, message: str
) -> None:
    made = await mirror(plane)
    owner = made["metadata"].pop("ownerReferences")[0]
    if changed is not None:
        made["metadata"]["ownerReferences"] = [{**owner, **changed}]
    assert message in await refusal(nodes[0].create(kinds.POD, made))
    made["metadata"]["ownerReferences"] = [owner, {**owner, "controller": False}]
    assert "with a single owner reference" in await refusal(nodes[0].create(kinds.POD, made))


async def test_a_node_writes_its_own_csi_node_alone(
    plane: ControlPlane, nodes: tuple[Client, Client]
) -> None:
    one, two = nodes
    await one.create(kinds.CSI_NODE, {"metadata": {"name": "one"}, "spec": {"drivers": []}})
    assert (await refusal(one.create(kinds.CSI_NODE, {"metadata": {"name": "two"}, "spec": {}}))).endswith(
        "can only access CSINode with the same name as the requesting node"
    )
    await refusal(two.patch(kinds.CSI_NODE, "", "one", {"spec": {"drivers": []}}))
    await refusal(two.delete(kinds.CSI_NODE, "", "one"))
    await one.delete(kinds.CSI_NODE, "", "one")


def resource_slice(name: str, node: str) -> Obj:
    pool = {"name": name, "generation": 1, "resourceSliceCount": 1}
    return {"metadata": {"name": name}, "spec": {"driver": "gpu.example.com", "nodeName": node, "pool": pool}}


async def test_a_node_writes_the_slices_of_its_own_devices(
    plane: ControlPlane, nodes: tuple[Client, Client]
) -> None:
    one, two = nodes
    slices, labelled = kinds.RESOURCE_SLICE, {"metadata": {"labels": {"a": "b"}}}
    await one.create(slices, resource_slice("a", "one"))
    for node in ("two", ""):
        assert (await refusal(one.create(slices, resource_slice("b", node)))).endswith(
            "can only create ResourceSlice with the same NodeName as the requesting node"
        )
    await one.patch(slices, "", "a", labelled)
    assert "can only update ResourceSlice" in await refusal(
        one.patch(slices, "", "a", {"spec": {"nodeName": "two"}})
    )
    for refused in (
        two.get(slices, "", "a"), two.patch(slices, "", "a", labelled), two.delete(slices, "", "a"),
    ):  # fmt: skip
        assert "no relationship found between node 'two' and this object" in await refusal(refused)
    await one.get(slices, "", "a")
    await one.delete(slices, "", "a")


async def test_a_node_lists_and_deletes_the_slices_it_selects_as_its_own(
    plane: ControlPlane, nodes: tuple[Client, Client]
) -> None:
    one, two = nodes
    slices = kinds.RESOURCE_SLICE
    await one.create(slices, resource_slice("a", "one"))
    await two.create(slices, resource_slice("b", "two"))
    for selector in ("", "spec.nodeName=two", "spec.nodeName!=one"):
        for refused in (
            one.list(slices, field_selector=selector),
            one.delete_collection(slices, "", field_selector=selector),
            anext(one.watch(slices, field_selector=selector)),
        ):
            assert "resourceslices with spec.nodeName field selector" in await refusal(refused)
    mine = "spec.nodeName=one"
    assert [
        found["metadata"]["name"] for found in (await one.list(slices, field_selector=mine))["items"]
    ] == ["a"]
    assert (await anext(one.watch(slices, field_selector=mine))).object["metadata"]["name"] == "a"
    await one.delete_collection(slices, "", field_selector=mine)
    left = (await plane.client.list(slices))["items"]
    assert [found["metadata"]["name"] for found in left] == ["b"]


async def test_node_restriction_does_not_rely_on_the_authoriser() -> None:
    plane = await ControlPlane.start()
    one = Client(plane.api, identities.of_node("one"))
    for kind, made in (
        (kinds.RESOURCE_SLICE, resource_slice("b", "two")),
        (kinds.CSI_NODE, {"metadata": {"name": "b"}, "spec": {"drivers": []}}),
    ):
        await plane.client.create(kind, made)
        for refused in (
            one.delete(kind, "", "b"), one.patch(kind, "", "b", {"metadata": {"labels": {"a": "b"}}}),
            one.delete_collection(kind, ""),
        ):  # fmt: skip
            assert "as the requesting node" in await refusal(refused)
    taken = one.patch(kinds.RESOURCE_SLICE, "", "b", {"spec": {"nodeName": "one"}})
    assert "as the requesting node" in await refusal(taken)
    await plane.close()


async def test_what_a_node_posts_to_subresources_is_admitted_as_decoded() -> None:
    plane = await ControlPlane.start(issuer=TokenIssuer(new_signing_key()))
    one = Client(plane.api, identities.of_node("one"))
    for kind, name in ((kinds.SERVICE_ACCOUNT, "robot"), (kinds.NODE, "one")):
        await plane.client.create(kind, {"metadata": {"name": name}}, namespace="default")
    yours = await plane.client.create(kinds.POD, pod("yours", "two"))
    await plane.client.create(kinds.POD, pod("free"))

    def token(body: Any) -> Any:
        return one.create_subresource(kinds.SERVICE_ACCOUNT, "default", "robot", "token", body)

    undecodable: list[Any] = [
        {"spec": "x"}, {"spec": {"boundObjectRef": "x"}}, {"spec": {"audiences": 1}}, None, [],
    ]  # fmt: skip
    for bad in undecodable:
        with pytest.raises(BadRequest):
            await token(bad)
    assert "not bound to a pod" in await refusal(token({"spec": {}}))
    of_yours = {"kind": "Pod", "name": "yours", "uid": yours["metadata"]["uid"]}
    assert "scheduled on a different node" in await refusal(token({"spec": {"boundObjectRef": of_yours}}))

    evictions: list[Any] = [None, {}, {"metadata": {"name": "yours"}}]
    for body in evictions:
        assert "can only evict pods with spec.nodeName set to itself" in await refusal(
            one.create_subresource(kinds.POD, "default", "yours", "eviction", body)
        )
    bound = {"metadata": {"name": "free", "namespace": "default"}, "target": {"kind": "Node", "name": "one"}}
    for refused in (
        one.create_subresource(kinds.POD, "default", "free", "binding", bound),
        one.create(kinds.BINDING, bound),
    ):
        assert 'unexpected pod subresource "binding"' in await refusal(refused)
    await plane.client.create(kinds.BINDING, bound)
    await plane.close()


async def test_a_node_without_a_name_is_nobody(plane: ControlPlane) -> None:
    stray = as_user(plane, "kubelet", "system:nodes")
    with pytest.raises(ApiError, match="cannot create resource"):
        await stray.create(kinds.NODE, {"metadata": {"name": "one"}})


# Certificates


def certificate_request(user: str, *groups: str, signer: str = "kubernetes.io/kube-apiserver-client") -> Obj:
    names = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups]
    subject = x509.Name([*names, x509.NameAttribute(NameOID.COMMON_NAME, user)])
    key = ec.generate_private_key(ec.SECP256R1())
    asked = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    pem = asked.public_bytes(serialization.Encoding.PEM)
    spec = {"request": base64.b64encode(pem).decode(), "signerName": signer, "usages": ["client auth"]}
    return {"metadata": {"name": "csr"}, "spec": spec}


def verdict(kind: str) -> Obj:
    return {"status": {"conditions": [{"type": kind, "status": "True", "reason": "r", "message": "m"}]}}


async def test_who_approves_and_signs_certificates(plane: ControlPlane) -> None:
    requests, group = kinds.CERTIFICATE_SIGNING_REQUEST, "certificates.k8s.io"
    subresources = "certificatesigningrequests/approval certificatesigningrequests/status"
    await grant(
        plane, "", "jane", rule("create patch", f"certificatesigningrequests {subresources}", group=group)
    )
    jane = as_user(plane, "jane")
    made = await jane.create(requests, certificate_request("jane"))
    assert made["spec"]["username"] == "jane"
    for subresource, kind, verb in (("approval", "Approved", "approve"), ("status", "Failed", "sign")):
        writing = jane.patch(requests, "", "csr", verdict(kind), subresource=subresource)
        assert (await refusal(writing)).endswith(
            f'user not permitted to {verb} requests with signerName "kubernetes.io/kube-apiserver-client"'
        )
    await grant(plane, "", "jane", rule("approve", "signers", group=group, names="kubernetes.io/*"), name="s")
    await jane.patch(requests, "", "csr", verdict("Approved"), subresource="approval")


async def test_nobody_asks_to_become_a_master(plane: ControlPlane) -> None:
    asked = certificate_request("eve", "system:masters")
    creating = plane.client.create(kinds.CERTIFICATE_SIGNING_REQUEST, asked)
    assert "signer with system:masters group is not allowed" in await refusal(creating)
