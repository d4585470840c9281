"""A Kubernetes cluster in the process of a test, and the pytest plugin that hands it out.

`pip install tuik8s[testing]`, and every test that names the fixture `tuik8s` has a cluster. One is started
for the whole run, in a fraction of a second; each test sees it from a namespace of its own, which is removed
afterwards. While the test runs, `KUBECONFIG` names that cluster, so that no code under test can reach any
other.

With kr8s:

```python
# test_web.py
import pytest
from kr8s.objects import Deployment

WEB = '''
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: nginx}]}
'''


def test_web_comes_up(tuik8s):
    tuik8s.apply(WEB)
    web = Deployment.get("web", api=tuik8s.clients.kr8s())
    web.wait("condition=Available", timeout=10)
    assert web.ready()


@pytest.mark.tuik8s(nodes=2)  # a cluster of its own
def test_web_outlives_a_node(tuik8s):
    tuik8s.apply(WEB)
    tuik8s.wait_for("Deployment", "web", "Available")
    tuik8s.stop_node("node-1")
    tuik8s.advance(minutes=6)  # takes a fraction of a second
    tuik8s.wait_for("Deployment", "web", "status.availableReplicas=2")
    running = [pod for pod in tuik8s.list("Pod") if "deletionTimestamp" not in pod["metadata"]]
    assert {pod["spec"]["nodeName"] for pod in running} == {"node-2"}


async def test_web_awaited(tuik8s):  # with pytest-asyncio or anyio
    await tuik8s.aio.apply(WEB)
    await tuik8s.aio.wait_for("Deployment", "web", "Available")
```

With kopf, for an operator that gives every website a pod:

```python
# operator_websites.py
from contextlib import closing

import kopf
from lightkube import Client
from lightkube.resources.core_v1 import Pod


@kopf.on.create("websites", backoff=0.1)
def serve(name, namespace, spec, body, **_):
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": f"{name}-web"},
        "spec": {"containers": [{"name": "web", "image": spec["image"]}]},
    }
    kopf.adopt(pod, owner=body)
    with closing(Client(namespace=namespace)) as client:
        client.create(Pod.from_dict(pod))
    return {"pod": f"{name}-web"}
```

```python
# test_operator.py
import pytest
from kopf.testing import KopfRunner

WEBSITES = '''
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: websites.example.org}
spec:
  group: example.org
  scope: Namespaced
  names: {kind: Website, plural: websites, singular: website}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}}
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec: {type: object, required: [image], properties: {image: {type: string}}}
          status: {type: object, x-kubernetes-preserve-unknown-fields: true}
'''
HOME = '''
apiVersion: example.org/v1
kind: Website
metadata: {name: home}
spec: {image: nginx}
'''


@pytest.fixture
def operator(tuik8s):
    tuik8s.apply(WEBSITES)
    tuik8s.wait_for("crd", "websites.example.org", "Established")
    command = ["run", "--standalone", "--namespace", tuik8s.namespace, "operator_websites.py"]
    with KopfRunner(command, timeout=60) as runner:
        yield runner
    assert runner.exception is None


def test_a_website_is_served_and_goes_with_its_owner(tuik8s, operator):
    tuik8s.apply(HOME)
    tuik8s.wait_for("Website", "home", "status.serve.pod=home-web")
    tuik8s.wait_for("Pod", "home-web")
    tuik8s.delete("Website", "home")
    tuik8s.wait_for("Pod", "home-web", "deleted")


def test_a_refused_request_is_repeated(tuik8s, operator):
    fault = tuik8s.fail_requests(503, verb="create", kind="Pod")
    tuik8s.apply(HOME)
    tuik8s.wait_for("Website", "home", "status.serve.pod=home-web")
    assert fault.hits == 1
```

**Fixtures.** `tuik8s` as above; `tuik8s_cluster`, the shared cluster itself; `tuik8s_settings`, overridden to
give that settings (`nodes`, `node_cpu`, ...: see `hosted.Settings`). How long it lives is the ini option
`tuik8s_scope`: `session` (the default), `package`, `module`, `class` or `function`. Under pytest-xdist each
worker has its own. Without pytest: `with ephemeral_cluster(nodes=2) as cluster`, or `async with`.

**Blocking and awaited.** The cluster runs in a thread with an event loop of its own, so that it serves tests
with a loop and without one, and clients that bring their own (kopf, kr8s). `tuik8s.wait_for(...)` blocks;
`await tuik8s.aio.wait_for(...)` lets the test's loop go on, which whatever runs there needs.

**Time** of the cluster is its own. It goes on at the usual pace, and `advance` skips: every timer on the way
fires, in order, and all that follows is done before the next, so a heartbeat is never missed. Clients live in
real time and do not notice: an operator's own timers and retries take as long as ever (hence the `backoff`
above), and what it would have done meanwhile it does afterwards. Skip in steps, and wait between, where it
has to answer.

**Failures.** `stop_node`, `start_node`, `crash_container`, `fail_image`, `fail_requests`. They end with the
test. What is simulated is simulated: containers run no program (see `tuik8s.cri.simulated`).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tuik8s.testing.awaitable import AsyncTestingCluster
    from tuik8s.testing.blocking import TestingCluster
    from tuik8s.testing.ephemeral import ephemeral_cluster, ephemeral_namespace
    from tuik8s.testing.faults import Fault

_PLACES = {
    "AsyncTestingCluster": "awaitable", "Fault": "faults", "TestingCluster": "blocking",
    "ephemeral_cluster": "ephemeral", "ephemeral_namespace": "ephemeral",
}  # fmt: skip

__all__ = ["AsyncTestingCluster", "Fault", "TestingCluster", "ephemeral_cluster", "ephemeral_namespace"]


def __getattr__(name: str) -> Any:
    # pytest imports this package in every run of whoever has it installed: nothing may come along.
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
