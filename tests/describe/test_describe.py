"""Descriptions read like kubectl's."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.clock import EPOCH
from tuik8s.api import kinds
from tuik8s.api.clock import timestamp
from tuik8s.api.durations import human_duration
from tuik8s.tui.describe import describe, describe_text
from tuik8s.tui.describe.page import align
from tuik8s.tui.host import DescribeContext

if TYPE_CHECKING:
    from datetime import datetime

    from tuik8s.api.kinds import Kind

NOW = EPOCH + timedelta(minutes=5)


class FixedClock:
    def now(self) -> datetime:
        return NOW


def context(kind: Kind, **objects: list[dict[str, Any]]) -> DescribeContext:
    """`objects` by plural."""
    return DescribeContext(kind, FixedClock(), None, lambda wanted: objects.get(wanted.plural, []))


POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {
        "name": "web-1",
        "namespace": "default",
        "uid": "u1",
        "labels": {"app": "web", "pod-template-hash": "958ccb545"},
        "ownerReferences": [{"kind": "ReplicaSet", "name": "web-958ccb545", "uid": "r", "controller": True}],
    },
    "spec": {
        "nodeName": "node-1",
        "containers": [
            {
                "name": "web",
                "image": "nginx:1.27",
                "ports": [{"containerPort": 80, "protocol": "TCP"}],
                "command": ["sh", "-c", "[red]not markup[/red]"],
                "resources": {"limits": {"cpu": "100m", "memory": "64Mi"}},
                "readinessProbe": {"httpGet": {"path": "/", "port": 80, "scheme": "HTTP"}},
                "env": [{"name": "A", "value": "1"}],
                "volumeMounts": [{"name": "settings", "mountPath": "/etc/settings", "readOnly": True}],
            }
        ],
        "volumes": [{"name": "settings", "configMap": {"name": "settings"}}],
        "tolerations": [
            {
                "key": "node.kubernetes.io/not-ready",
                "operator": "Exists",
                "effect": "NoExecute",
                "tolerationSeconds": 300,
            }
        ],
    },
    "status": {
        "phase": "Running",
        "hostIP": "127.0.0.1",
        "podIP": "10.244.1.4",
        "podIPs": [{"ip": "10.244.1.4"}],
        "startTime": timestamp(EPOCH),
        "conditions": [{"type": "Ready", "status": "True"}],
        "containerStatuses": [
            {
                "name": "web",
                "ready": True,
                "restartCount": 1,
                "containerID": "docker://c1",
                "imageID": "docker://i1",
                "state": {"running": {"startedAt": timestamp(EPOCH)}},
                "lastState": {"terminated": {"reason": "Error", "exitCode": 1}},
            }
        ],
    },
}

EVENT = {
    "metadata": {"name": "e", "namespace": "default"},
    "involvedObject": {"kind": "Pod", "name": "web-1", "uid": "u1"},
    "type": "Warning",
    "reason": "BackOff",
    "message": "Back-off restarting failed container",
    "source": {"component": "kubelet", "host": "node-1"},
    "count": 6,
    "firstTimestamp": timestamp(EPOCH),
    "lastTimestamp": timestamp(NOW - timedelta(seconds=2)),
}

WANTED = """\
Name:             web-1
Namespace:        default
Priority:         0
Service Account:  default
Node:             node-1/127.0.0.1
Start Time:       Thu, 01 Jan 2026 00:00:00 +0000
Labels:           app=web
                  pod-template-hash=958ccb545
Annotations:      <none>
Status:           Running
IP:               10.244.1.4
IPs:
  IP:           10.244.1.4
Controlled By:  ReplicaSet/web-958ccb545
Containers:
  web:
    Container ID:  docker://c1
    Image:         nginx:1.27
    Image ID:      docker://i1
    Port:          80/TCP
    Host Port:     0/TCP
    Command:
      sh
      -c
      [red]not markup[/red]
    State:          Running
      Started:      Thu, 01 Jan 2026 00:00:00 +0000
    Last State:     Terminated
      Reason:       Error
      Exit Code:    1
      Started:      <none>
      Finished:     <none>
    Ready:          True
    Restart Count:  1
    Limits:
      cpu:      100m
      memory:   64Mi
    Readiness:  http-get http://:80/ delay=0s timeout=1s period=10s #success=1 #failure=3
    Environment:
      A:  1
    Mounts:
      /etc/settings from settings (ro)
Conditions:
  Type   Status
  Ready  True
Volumes:
  settings:
    Type:        ConfigMap (a volume populated by a ConfigMap)
    Name:        settings
    Optional:    false
QoS Class:       Burstable
Node-Selectors:  <none>
Tolerations:     node.kubernetes.io/not-ready:NoExecute op=Exists for 300s
Events:
  Type     Reason   Age               From             Message
  ----     ------   ----              ----             -------
  Warning  BackOff  2s (x6 over 5m)   kubelet, node-1  Back-off restarting failed container"""


def test_a_pod_reads_as_kubectl_prints_it() -> None:
    lines = describe_text(POD, context(kinds.POD, events=[EVENT]))
    assert [line.split() for line in lines] == [line.split() for line in WANTED.splitlines()]


def test_lines_are_laid_out_in_blocks() -> None:
    assert align([["a:", "1"], ["long:", "2"], ["end"], ["b:", "3"]]) == [
        "a:     1",
        "long:  2",
        "end",
        "b:  3",
    ]


def test_data_is_never_markup() -> None:
    texts = [line.plain for line in describe(POD, context(kinds.POD))]
    assert "      [red]not markup[/red]" in texts


def test_a_kind_without_a_description_shows_all_its_fields() -> None:
    lease = {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": "node-1", "namespace": "kube-node-lease"},
        "spec": {"holderIdentity": "node-1", "leaseDurationSeconds": 40},
    }
    lines = describe_text(lease, context(kinds.LEASE))
    assert [line.split(":")[0].strip() for line in lines[-3:]] == [
        "Spec",
        "Holder Identity",
        "Lease Duration Seconds",
    ]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (1, "1s"),
        (119, "119s"),
        (125, "2m5s"),
        (600, "10m"),
        (10800, "3h"),
        (11100, "3h5m"),
        (200_000, "2d7h"),
        (9e6, "104d"),
    ],
)
def test_durations_are_kubectls(seconds: float, text: str) -> None:
    assert human_duration(seconds) == text


def test_control_characters_never_reach_the_terminal() -> None:
    obj = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "a"},
        "data": {"k": "x\x1b]0;title\x07y\x9b2J"},
    }
    text = "\n".join(line.plain for line in describe(obj, context(kinds.CONFIG_MAP)))
    assert not any(code in text for code in "\x1b\x07\x9b")
