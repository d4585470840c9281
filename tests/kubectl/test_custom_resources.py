"""CustomResourceDefinitions and what they define, as a person with kubectl meets them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import yaml

from tests.support.crontabs import cron_tab, definition

if TYPE_CHECKING:
    from tests.kubectl.conftest import Kubectl

CRD = "crd/crontabs.stable.example.com"


async def apply(kubectl: Kubectl, *objects: object) -> str:
    return await kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all(objects))


async def establish(kubectl: Kubectl) -> None:
    await apply(kubectl, definition())
    await kubectl("wait", "--for=condition=Established", CRD, "--timeout=10s")


async def test_a_definition_and_its_objects(kubectl: Kubectl) -> None:
    assert "created" in await apply(kubectl, definition())
    await kubectl("wait", "--for=condition=Established", CRD, "--timeout=10s")
    assert "crontab.stable.example.com/my-cron created" in await apply(kubectl, cron_tab(replicas=2))
    table = (await kubectl("get", "ct")).splitlines()
    assert table[0].split() == ["NAME", "SPEC", "REPLICAS", "AGE"]
    assert table[1].split()[:7] == ["my-cron", "*", "*", "*", "*", "*/5", "2"]
    assert "IMAGE" in await kubectl("get", "crontabs.stable.example.com", "-o", "wide")
    assert "my-cron" in await kubectl("get", "all")  # by its category
    assert "crontabs" in await kubectl("api-resources", "--api-group=stable.example.com")
    assert "unchanged" in await apply(kubectl, cron_tab(replicas=2))
    assert "configured" in await apply(kubectl, cron_tab(replicas=3))
    assert "my-cron" in await kubectl("get", "ct", "--field-selector", "spec.mode=often")
    assert "my-cron" not in await kubectl("get", "ct", "--field-selector", "spec.mode=once", "-o", "name")
    described = await kubectl("describe", "ct", "my-cron")
    assert "Cron Spec:  * * * * */5" in described


async def test_explain(kubectl: Kubectl) -> None:
    await establish(kubectl)
    text = await kubectl("explain", "crontab.spec")
    assert "cronSpec" in text
    assert "<string> -required-" in text
    assert "FIELD: mode" in await kubectl("explain", "crontab.spec.mode")
    assert "labels" in await kubectl("explain", "crontab.metadata")


async def test_wrong_objects_are_refused_in_kubernetes_words(kubectl: Kubectl) -> None:
    await establish(kubectl)
    wrong = yaml.safe_dump(cron_tab(replicas=30, cron="typo"))
    refused = await kubectl.run("apply", "-f", "-", stdin=wrong)
    assert refused.code != 0
    assert 'unknown field "spec.cron"' in refused.err
    refused = await kubectl.run("apply", "--validate=false", "-f", "-", stdin=wrong)
    assert "spec.replicas in body should be less than or equal to 10" in refused.err
    refused = await kubectl.run("apply", "-f", "-", stdin=yaml.safe_dump(cron_tab(mode="once", replicas=2)))
    assert "spec: Invalid value: once means one replica" in refused.err


async def test_patch_edit_scale_and_status(kubectl: Kubectl) -> None:
    await establish(kubectl)
    await apply(kubectl, cron_tab())
    await kubectl("patch", "ct", "my-cron", "--type=merge", "-p", '{"spec":{"replicas":4}}')
    operations = json.dumps([{"op": "replace", "path": "/spec/replicas", "value": 5}])
    await kubectl("patch", "ct", "my-cron", "--type=json", "-p", operations)
    assert await kubectl.words("{.spec.replicas}", "ct", "my-cron") == ["5"]
    refused = await kubectl.refused("patch", "ct", "my-cron", "--type=strategic", "-p", '{"spec":{}}')
    assert "application/strategic-merge-patch+json is not supported" in refused or "accepted media" in refused
    await kubectl("scale", "ct", "my-cron", "--replicas=7")
    assert await kubectl.words("{.spec.replicas}", "ct", "my-cron") == ["7"]
    await kubectl(
        "patch", "ct", "my-cron", "--subresource=status", "--type=merge", "-p", '{"status":{"phase":"Done"}}'
    )
    assert await kubectl.words("{.status.phase}", "ct", "my-cron") == ["Done"]
    await kubectl("wait", "--for=jsonpath={.status.phase}=Done", "ct/my-cron", "--timeout=5s")
    await kubectl("label", "ct", "my-cron", "tier=gold")
    assert "edited" in await kubectl("edit", "ct", "my-cron", KUBE_EDITOR="sed -i s/gold/silver/")
    assert await kubectl.words("{.metadata.labels.tier}", "ct", "my-cron") == ["silver"]
    await kubectl("apply", "--server-side", "-f", "-", stdin=yaml.safe_dump(cron_tab("other", tags=["a"])))
    assert await kubectl.words("{.items[*].metadata.name}", "ct") == ["my-cron", "other"]


async def test_deleting_the_definition_deletes_the_objects(kubectl: Kubectl) -> None:
    await establish(kubectl)
    await apply(kubectl, cron_tab("a"), cron_tab("b"))
    await kubectl("delete", CRD, "--timeout=20s")
    assert "the server could not find the requested resource" in await kubectl.refused("get", "ct")
    await establish(kubectl)
    assert await kubectl("get", "ct", "-o", "name") == ""
