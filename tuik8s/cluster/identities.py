"""Whom the components of the control plane and the nodes are to the API server.

All are authorised by the roles that every cluster has. The controllers use the service accounts that
kube-controller-manager makes with --use-service-account-credentials.
"""

from __future__ import annotations

from tuik8s.api.request import User

_AUTHENTICATED = ("system:authenticated",)
_ACCOUNTS = ("system:serviceaccounts", "system:serviceaccounts:kube-system", "system:authenticated")

ADMINISTRATOR = User("kubernetes-admin", ("system:masters", *_AUTHENTICATED))
CONTROLLER_MANAGER = User("system:kube-controller-manager", _AUTHENTICATED)
SCHEDULER = User("system:kube-scheduler", _AUTHENTICATED)
PROXY = User("system:kube-proxy", _AUTHENTICATED)
KUBELET_INFORMERS = User("tuik8s:kubelet-informers", _AUTHENTICATED)
"""Fills the caches that the kubelets of this process share, so that a thousand nodes cost one watch a kind.
No node's own rights would do for that; this identity may list and watch what kubelets read, and no more."""

_ACCOUNT_NAMES = {
    "certificatesigningrequest-signing-controller": "certificate-controller",
    "daemonset-controller": "daemon-set-controller",
    "endpoints-controller": "endpoint-controller",
    "endpointslice-mirroring-controller": "endpointslicemirroring-controller",
    "garbage-collector-controller": "generic-garbage-collector",
    "horizontal-pod-autoscaler-controller": "horizontal-pod-autoscaler",
    "node-ipam-controller": "node-controller",
    "node-lifecycle-controller": "node-controller",
    "persistentvolume-binder-controller": "persistent-volume-binder",
    "persistentvolume-protection-controller": "pv-protection-controller",
    "persistentvolumeclaim-protection-controller": "pvc-protection-controller",
    "pod-garbage-collector-controller": "pod-garbage-collector",
    "replicationcontroller-controller": "replication-controller",
    "root-ca-certificate-publisher-controller": "root-ca-cert-publisher",
    "serviceaccount-controller": "service-account-controller",
    "taint-eviction-controller": "node-controller",
    "token-cleaner-controller": "token-cleaner",
}
"""Kubernetes' names of controllers and of their accounts, where they differ."""
_WITHOUT_ACCOUNT = frozenset(("serviceaccount-token-controller",))


def of_controller(name: str) -> User:
    """`name` is the controller's own, as kube-controller-manager has it since 1.28."""
    if name in _WITHOUT_ACCOUNT:
        return CONTROLLER_MANAGER
    return User(f"system:serviceaccount:kube-system:{_ACCOUNT_NAMES.get(name, name)}", _ACCOUNTS)


def of_node(name: str) -> User:
    return User(f"system:node:{name}", ("system:nodes", *_AUTHENTICATED))
