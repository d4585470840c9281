from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.api.objects import container, errors_of, pod
from tuik8s.api import kinds

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj

C = "spec.containers[0]"
PORT_RANGE = "must be between 1 and 65535, inclusive"


@pytest.mark.parametrize(
    ("broken", "expected"),
    [
        ({"name": None}, [f"{C}.name: Required value"]),
        ({"name": "a.b"}, [f'{C}.name: Invalid value: "a.b": must not contain dots']),
        ({"image": ""}, [f"{C}.image: Required value"]),
        ({"image": " a"}, [f'{C}.image: Invalid value: " a": must not have leading or trailing whitespace']),
        (
            {"imagePullPolicy": "Sometimes"},
            [
                f'{C}.imagePullPolicy: Unsupported value: "Sometimes": '
                'supported values: "Always", "IfNotPresent", "Never"'
            ],
        ),
        (
            {"terminationMessagePolicy": "x"},
            [
                f'{C}.terminationMessagePolicy: Unsupported value: "x": '
                'supported values: "File", "FallbackToLogsOnError"'
            ],
        ),
        (
            {"restartPolicy": "Always"},
            [f"{C}.restartPolicy: Forbidden: may not be set for non-init containers"],
        ),
        ({"ports": [{}]}, [f"{C}.ports[0].containerPort: Required value"]),
        (
            {"ports": [{"containerPort": 70000}]},
            [f"{C}.ports[0].containerPort: Invalid value: 70000: {PORT_RANGE}"],
        ),
        (
            {"ports": [{"containerPort": 1, "hostPort": -1}]},
            [f"{C}.ports[0].hostPort: Invalid value: -1: {PORT_RANGE}"],
        ),
        (
            {"ports": [{"containerPort": 1, "protocol": "tcp"}]},
            [f'{C}.ports[0].protocol: Unsupported value: "tcp": supported values: "SCTP", "TCP", "UDP"'],
        ),
        (
            {"ports": [{"containerPort": 1, "name": "a"}, {"containerPort": 2, "name": "a"}]},
            [f'{C}.ports[1].name: Duplicate value: "a"'],
        ),
        (
            {"ports": [{"containerPort": 1, "hostPort": 5}, {"containerPort": 2, "hostPort": 5}]},
            [f'{C}.ports[1].hostPort: Duplicate value: "TCP//5"'],
        ),
        ({"env": [{"value": "a"}]}, [f"{C}.env[0].name: Required value"]),
        (
            {"env": [{"name": "A=B"}]},
            [
                f'{C}.env[0].name: Invalid value: "A=B": a valid environment variable name must consist '
                "only of "
                "printable ASCII characters other than '='"
            ],
        ),
        (
            {"env": [{"name": "A", "valueFrom": {}}]},
            [
                f'{C}.env[0].valueFrom: Invalid value: "": must specify one of: `fieldRef`, '
                "`resourceFieldRef`, "
                "`configMapKeyRef` or `secretKeyRef`"
            ],
        ),
        (
            {"env": [{"name": "A", "value": "x", "valueFrom": {"secretKeyRef": {"name": "a", "key": "b"}}}]},
            [f'{C}.env[0].valueFrom: Invalid value: "": may not be specified when `value` is not empty'],
        ),
        (
            {"env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "a"}}}]},
            [f"{C}.env[0].valueFrom.secretKeyRef.key: Required value"],
        ),
        (
            {"env": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "spec.image"}}}]},
            [
                f'{C}.env[0].valueFrom.fieldRef.fieldPath: Invalid value: "spec.image": error converting '
                "fieldPath: field label not supported: spec.image"
            ],
        ),
        (
            {"env": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels"}}}]},
            [
                f'{C}.env[0].valueFrom.fieldRef.fieldPath: Unsupported value: "metadata.labels": supported '
                "values: "
                '"metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", '
                '"spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", '
                '"status.podIPs"'
            ],
        ),
        (
            {
                "env": [
                    {
                        "name": "A",
                        "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu", "divisor": "2"}},
                    }
                ]
            },
            [
                f'{C}.env[0].valueFrom.resourceFieldRef.divisor: Invalid value: "limits.cpu": only '
                "divisor's "
                "values 1m and 1 are supported with the cpu resource"
            ],
        ),
        (
            {"envFrom": [{}]},
            [f'{C}.envFrom: Invalid value: "": must specify one of: `configMapRef` or `secretRef`'],
        ),
        ({"envFrom": [{"secretRef": {}}]}, [f"{C}.envFrom[0].secretRef.name: Required value"]),
        (
            {"volumeMounts": [{"name": "v", "mountPath": "/a"}]},
            [f'{C}.volumeMounts[0].name: Not found: "v"'],
        ),
        (
            {"volumeMounts": [{"name": "data", "mountPath": "/a"}, {"name": "data", "mountPath": "/a"}]},
            [f'{C}.volumeMounts[1].mountPath: Invalid value: "/a": must be unique'],
        ),
        ({"volumeMounts": [{"name": "data"}]}, [f"{C}.volumeMounts[0].mountPath: Required value"]),
        (
            {"volumeMounts": [{"name": "data", "mountPath": "/a", "subPath": "../b"}]},
            [f"{C}.volumeMounts.subPath: Invalid value: \"../b\": must not contain '..'"],
        ),
        (
            {"resources": {"requests": {"cpu": "2"}, "limits": {"cpu": "1"}}},
            [f'{C}.resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1'],
        ),
        (
            {"resources": {"requests": {"memory": "-1"}}},
            [f'{C}.resources.requests[memory]: Invalid value: "-1": must be greater than or equal to 0'],
        ),
        (
            {"resources": {"requests": {"disk": "1"}}},
            [
                f'{C}.resources.requests[disk]: Invalid value: "disk": must be a standard resource type or '
                "fully "
                "qualified",
                f'{C}.resources.requests[disk]: Invalid value: "disk": must be a standard resource for '
                "containers",
            ],
        ),
        (
            {"resources": {"requests": {"example.com/gpu": "1"}}},
            [f"{C}.resources.limits: Required value: Limit must be set for non overcommitable resources"],
        ),
        (
            {"resources": {"limits": {"example.com/gpu": "500m"}}},
            [
                f'{C}.resources.limits[example.com/gpu]: Invalid value: "500m": must be an integer',
                f'{C}.resources.requests[example.com/gpu]: Invalid value: "500m": must be an integer',
            ],
        ),
        ({"livenessProbe": {}}, [f"{C}.livenessProbe: Required value: must specify a handler type"]),
        (
            {"livenessProbe": {"exec": {"command": ["a"]}, "successThreshold": 2}},
            [f"{C}.livenessProbe.successThreshold: Invalid value: 2: must be 1"],
        ),
        (
            {"readinessProbe": {"exec": {}, "tcpSocket": {"port": 1}}},
            [
                f"{C}.readinessProbe.exec.command: Required value",
                f"{C}.readinessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type",
            ],
        ),
        (
            {"startupProbe": {"httpGet": {"port": 0, "scheme": "FTP"}, "periodSeconds": -1}},
            [
                f"{C}.startupProbe.httpGet.port: Invalid value: 0: {PORT_RANGE}",
                f'{C}.startupProbe.httpGet.scheme: Unsupported value: "FTP": supported values: "HTTP", '
                '"HTTPS"',
                f"{C}.startupProbe.periodSeconds: Invalid value: -1: must be greater than or equal to 0",
            ],
        ),
        (
            {"lifecycle": {"preStop": {"sleep": {"seconds": 31}}}},
            [
                f"{C}.lifecycle.preStop.sleep: Invalid value: 31: must be non-negative and less than "
                "terminationGracePeriodSeconds (30)"
            ],
        ),
        (
            {"securityContext": {"runAsUser": -1}},
            [
                f"{C}.securityContext.runAsUser: Invalid value: -1: must be between 0 and 4294967295, "
                "inclusive"
            ],
        ),
        (
            {"securityContext": {"privileged": True, "allowPrivilegeEscalation": False}},
            [
                f"{C}.securityContext: Invalid value: "
                f'{{"privileged":true,"allowPrivilegeEscalation":false}}: '
                "cannot set `allowPrivilegeEscalation` to false and `privileged` to true"
            ],
        ),
    ],
)
def test_containers(broken: Obj, expected: list[str]) -> None:
    manifest = pod(container(**broken), volumes=[{"name": "data", "emptyDir": {}}])
    assert errors_of(kinds.POD, manifest) == expected


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"containers": []}, ["spec.containers: Required value"]),
        (
            {"containers": [container(), container()]},
            ['spec.containers[1].name: Duplicate value: "web"'],
        ),
        ({"initContainers": [container()]}, ['spec.initContainers[0].name: Duplicate value: "web"']),
        (
            {"initContainers": [container(name="a", livenessProbe={"exec": {"command": ["a"]}})]},
            [
                "spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without "
                "restartPolicy=Always"
            ],
        ),
        (
            {"initContainers": [container(name="a", restartPolicy="Never")]},
            ['spec.initContainers[0].restartPolicy: Unsupported value: "Never": supported values: "Always"'],
        ),
        (
            {"restartPolicy": "Sometimes"},
            [
                'spec.restartPolicy: Unsupported value: "Sometimes": '
                'supported values: "Always", "OnFailure", "Never"'
            ],
        ),
        (
            {"dnsPolicy": "None"},
            ["spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None"],
        ),
        (
            {"activeDeadlineSeconds": 0},
            ["spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive"],
        ),
        (
            {"volumes": [{"name": "a"}, {"name": "a"}]},
            ['spec.volumes[1].name: Duplicate value: "a"'],
        ),
        (
            {"volumes": [{"name": "a", "emptyDir": {}, "hostPath": {"path": "/x"}}]},
            ["spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type"],
        ),
        (
            {"volumes": [{"name": "a", "configMap": {"defaultMode": 1000}}]},
            [
                "spec.volumes[0].configMap.name: Required value",
                "spec.volumes[0].configMap.defaultMode: Invalid value: 1000: must be a number between 0 "
                "and 0777 "
                "(octal), both inclusive",
            ],
        ),
        (
            {
                "volumes": [
                    {"name": "a", "secret": {"secretName": "b", "items": [{"key": "c", "path": "..d"}]}}
                ]
            },
            ["spec.volumes[0].secret.items[0].path: Invalid value: \"..d\": must not start with '..'"],
        ),
        (
            {"volumes": [{"name": "a", "hostPath": {"path": "/x", "type": "Pipe"}}]},
            [
                'spec.volumes[0].hostPath.type: Unsupported value: "Pipe": supported values: "", '
                '"BlockDevice", '
                '"CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"'
            ],
        ),
        (
            {"volumes": [{"name": "a", "projected": {"sources": [{"serviceAccountToken": {"path": "t"}}]}}]},
            [
                "spec.volumes[0].projected.sources[0].serviceAccountToken: Forbidden: must not be "
                "specified when "
                "serviceAccountName is not set"
            ],
        ),
        (
            {"tolerations": [{"value": "a"}]},
            [
                'spec.tolerations[0].operator: Invalid value: "": operator must be Exists when `key` is '
                "empty, "
                'which means "match all values and all keys"'
            ],
        ),
        (
            {"tolerations": [{"operator": "Exists", "effect": "Evict"}]},
            [
                'spec.tolerations[0].effect: Unsupported value: "Evict": '
                'supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"'
            ],
        ),
        (
            {"tolerations": [{"key": "a", "tolerationSeconds": 5}]},
            [
                "spec.tolerations[0].effect: Invalid value: \"\": effect must be 'NoExecute' when "
                "`tolerationSeconds` is set"
            ],
        ),
        (
            {
                "affinity": {
                    "nodeAffinity": {
                        "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": []}
                    }
                }
            },
            [
                ""
                ""
                ""
                "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution."
                "nodeSelectorTerms: "
                "Required value: must have at least one node selector term"
            ],
        ),
        (
            {
                "affinity": {
                    "podAntiAffinity": {
                        "preferredDuringSchedulingIgnoredDuringExecution": [
                            {"weight": 101, "podAffinityTerm": {"topologyKey": "kubernetes.io/hostname"}}
                        ]
                    }
                }
            },
            [
                "spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: "
                "Invalid value: 101: must be in the range 1-100"
            ],
        ),
        (
            {"topologySpreadConstraints": [{"maxSkew": 0, "topologyKey": "a", "whenUnsatisfiable": "Stop"}]},
            [
                "spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero",
                'spec.topologySpreadConstraints[0].whenUnsatisfiable: Unsupported value: "Stop": '
                'supported values: "DoNotSchedule", "ScheduleAnyway"',
            ],
        ),
        (
            {"hostAliases": [{"ip": "1.2.3", "hostnames": ["a"]}]},
            [
                'spec.hostAliases[0].ip: Invalid value: "1.2.3": must be a valid IP address, '
                "(e.g. 10.9.8.7 or 2001:db8::ffff)"
            ],
        ),
        (
            {"hostNetwork": True, "containers": [container(ports=[{"containerPort": 1, "hostPort": 2}])]},
            [
                "spec.containers[0].ports[0].hostPort: Invalid value: 2: must match `containerPort` when "
                "`hostNetwork` is true"
            ],
        ),
        (
            {"securityContext": {"fsGroup": -5, "sysctls": [{"name": "a"}, {"name": "a"}]}},
            [
                "spec.securityContext.fsGroup: Invalid value: -5: must be between 0 and 4294967295, "
                "inclusive",
                'spec.securityContext.sysctls[1].name: Duplicate value: "a"',
            ],
        ),
        (
            {"nodeName": "n1", "schedulingGates": [{"name": "example.com/wait"}]},
            ["spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared"],
        ),
        (
            {"ephemeralContainers": [container(name="debug")]},
            ["spec.ephemeralContainers: Forbidden: cannot be set on create"],
        ),
        ({"nodeSelector": {"a": "-"}}, None),
        ({"hostname": "A"}, None),
        ({"serviceAccountName": "A"}, None),
        (
            {
                "resources": {"limits": {"cpu": "1"}},
                "containers": [container(resources={"limits": {"cpu": "2"}})],
            },
            None,
        ),
    ],
)
def test_specs(spec: Obj, expected: list[str] | None) -> None:
    """None: refused, in words that other tests hold."""
    manifest = pod()
    manifest["spec"].update(spec)
    errors = errors_of(kinds.POD, manifest)
    assert errors == expected if expected is not None else errors


def test_the_deletion_cost_is_a_number() -> None:
    manifest = pod()
    manifest["metadata"]["annotations"] = {"controller.kubernetes.io/pod-deletion-cost": "+1"}
    assert errors_of(kinds.POD, manifest) == [
        'metadata.annotations[controller.kubernetes.io/pod-deletion-cost]: Invalid value: "+1": '
        "must be a 32bit integer"
    ]


def test_everything_a_pod_may_have() -> None:
    """Nothing here is wrong."""
    affinity_term = {"labelSelector": {"matchLabels": {"a": "b"}}, "topologyKey": "kubernetes.io/hostname"}
    expression = {"key": "cores", "operator": "Gt", "values": ["4"]}
    manifest = pod(
        container(
            env=[{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.annotations['x.io/Y']"}}}],
            envFrom=[{"prefix": "P_", "configMapRef": {"name": "c"}}],
            volumeMounts=[{"name": "v", "mountPath": "/v", "mountPropagation": "HostToContainer"}],
            livenessProbe={"grpc": {"port": 5}},
            resources={"limits": {"example.com/gpu": "1", "hugepages-2Mi": "4Mi", "cpu": "1"}},
            securityContext={
                "capabilities": {"add": ["NET_ADMIN"]},
                "seccompProfile": {"type": "RuntimeDefault"},
            },
        ),
        initContainers=[
            container(name="proxy", restartPolicy="Always", startupProbe={"tcpSocket": {"port": 1}})
        ],
        volumes=[{"name": "v", "projected": {"sources": [{"configMap": {"name": "c"}}]}}],
        affinity={
            "nodeAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": {
                    "nodeSelectorTerms": [{"matchExpressions": [expression]}]
                }
            },
            "podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [affinity_term]},
        },
        dnsPolicy="None",
        dnsConfig={"nameservers": ["10.0.0.1"], "searches": ["a.b.", "_tcp.c", "."]},
        tolerations=[{"operator": "Exists"}],
        topologySpreadConstraints=[
            {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule", "minDomains": 2}
        ],
        os={"name": "linux"},
    )
    assert errors_of(kinds.POD, manifest) == []
