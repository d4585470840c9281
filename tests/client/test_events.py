"""Events are aggregated as client-go does it, and never lost silently."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tuik8s.api import kinds
from tuik8s.api.clock import timestamp
from tuik8s.api.errors import ServiceUnavailable
from tuik8s.client import Cause, EventRecorder

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.support.control_plane import ControlPlane
    from tuik8s.api.objects import Obj

pytestmark = pytest.mark.looptime


def about(name: str = "web", kind: str = "Pod") -> Obj:
    metadata = {"name": name, "namespace": "default", "uid": f"uid-{name}", "resourceVersion": "7"}
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata}


@asynccontextmanager
async def recording(plane: ControlPlane, **options: Any) -> AsyncIterator[EventRecorder]:
    client = plane.client_for("system:kubelet")
    recorder = EventRecorder(client, "kubelet", clock=plane.clock, **options)
    running = asyncio.create_task(recorder.run())
    try:
        yield recorder
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def events(plane: ControlPlane) -> list[Obj]:
    found: list[Obj] = (await plane.client.list(kinds.EVENT, "default"))["items"]
    return sorted(found, key=lambda event: (event["firstTimestamp"], event["metadata"]["name"]))


async def test_fields(control_plane: ControlPlane) -> None:
    async with recording(control_plane, host="node-1") as recorder:
        recorder.event(about(), "Warning", "Failed", "it broke", field_path="spec.containers{web}")
        await recorder.flush()
    (event,) = await events(control_plane)
    now = timestamp(control_plane.clock.now())
    assert event["metadata"]["name"].startswith("web.")
    assert event["involvedObject"] == {
        "kind": "Pod",
        "apiVersion": "v1",
        "namespace": "default",
        "name": "web",
        "uid": "uid-web",
        "resourceVersion": "7",
        "fieldPath": "spec.containers{web}",
    }
    assert (event["type"], event["reason"], event["message"]) == ("Warning", "Failed", "it broke")
    assert event["source"] == {"component": "kubelet", "host": "node-1"}
    assert (event["reportingComponent"], event["reportingInstance"]) == ("kubelet", "node-1")
    assert (event["firstTimestamp"], event["lastTimestamp"], event["count"]) == (now, now, 1)


async def test_equal_events_are_counted(control_plane: ControlPlane) -> None:
    async with recording(control_plane) as recorder:
        for _ in range(3):
            recorder.event(about(), "Normal", "BackOff", "waiting")
            await asyncio.sleep(10)
        recorder.event(about("other"), "Normal", "BackOff", "waiting")
        await recorder.flush()
    first, second = await events(control_plane)
    assert (first["count"], second["count"]) == (3, 1)
    assert first["firstTimestamp"] != first["lastTimestamp"]


async def test_the_tenth_message_of_a_kind_begins_a_combined_event(control_plane: ControlPlane) -> None:
    async with recording(control_plane) as recorder:
        for number in range(15):
            recorder.event(about(), "Normal", "Created", f"pod {number}")
        await recorder.flush()
    found = await events(control_plane)
    assert [event["message"] for event in found[:9]] == [f"pod {number}" for number in range(9)]
    assert len(found) == 10
    assert found[9]["message"] == "(combined from similar events): pod 14"
    assert found[9]["count"] == 6


async def test_ten_minutes_later_messages_count_anew(control_plane: ControlPlane) -> None:
    async with recording(control_plane) as recorder:
        for number in range(9):
            recorder.event(about(), "Normal", "Created", f"pod {number}")
        await asyncio.sleep(601)
        recorder.event(about(), "Normal", "Created", "later")
        await recorder.flush()
    assert (await events(control_plane))[-1]["message"] == "later"


async def test_one_object_cannot_flood_the_store(control_plane: ControlPlane) -> None:
    async with recording(control_plane) as recorder:
        for _ in range(100):
            recorder.event(about(), "Normal", "BackOff", "waiting")
        recorder.event(about("other"), "Normal", "BackOff", "waiting")
        await recorder.flush()
        assert recorder.dropped == 75
        await asyncio.sleep(301)
        recorder.event(about(), "Normal", "BackOff", "waiting")
        await recorder.flush()
        assert recorder.dropped == 75
    counts = {event["involvedObject"]["name"]: event["count"] for event in await events(control_plane)}
    assert counts == {"web": 26, "other": 1}


async def test_events_at_one_instant_have_names_of_their_own(control_plane: ControlPlane) -> None:
    async with recording(control_plane) as recorder:
        for reason in ("Pulling", "Pulled", "Created", "Started"):
            recorder.event(about(), "Normal", reason, reason.lower())
        await recorder.flush()
        assert recorder.dropped == 0
    assert [event["reason"] for event in await events(control_plane)] == [
        "Pulling", "Pulled", "Created", "Started",
    ]  # fmt: skip


async def test_an_expired_event_is_written_anew(control_plane: ControlPlane) -> None:
    async with recording(control_plane) as recorder:
        recorder.event(about(), "Normal", "BackOff", "waiting")
        await recorder.flush()
        (first,) = await events(control_plane)
        await control_plane.client.delete(kinds.EVENT, "default", first["metadata"]["name"])
        await asyncio.sleep(1)
        recorder.event(about(), "Normal", "BackOff", "waiting")
        await recorder.flush()
    (second,) = await events(control_plane)
    assert second["count"] == 1


async def test_about_cluster_scoped_objects_in_the_default_namespace(control_plane: ControlPlane) -> None:
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-1", "uid": "u"}}
    async with recording(control_plane) as recorder:
        recorder.event(node, "Normal", "NodeReady", "ready")
        await recorder.flush()
    (event,) = await events(control_plane)
    assert event["metadata"]["namespace"] == "default"
    assert "namespace" not in event["involvedObject"]


async def test_recording_carries_the_cause_of_the_moment(control_plane: ControlPlane) -> None:
    async with recording(control_plane) as recorder:
        with Cause(3):
            recorder.event(about(), "Normal", "Scheduled", "assigned")
        await recorder.flush()
    (event,) = await events(control_plane)
    record = await control_plane.store.record(int(event["metadata"]["resourceVersion"]))
    assert record is not None
    assert record.cause == 3


async def test_a_server_that_refuses_costs_the_event_not_the_recorder(
    control_plane: ControlPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = control_plane.api.send

    async def refuse(_: Any) -> Any:
        raise ServiceUnavailable("the store is full")

    async with recording(control_plane) as recorder:
        monkeypatch.setattr(control_plane.api, "send", refuse)
        recorder.event(about(), "Normal", "Lost", "lost")
        await recorder.flush()
        assert recorder.dropped == 1
        monkeypatch.setattr(control_plane.api, "send", send)
        recorder.event(about(), "Normal", "Kept", "kept")
        await recorder.flush()
    assert [event["reason"] for event in await events(control_plane)] == ["Kept"]
