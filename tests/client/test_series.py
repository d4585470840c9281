"""Repeated events of the scheduler become series, as client-go's tools/events makes them."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tuik8s.api import events as counting
from tuik8s.api import kinds
from tuik8s.api.clock import micro_timestamp
from tuik8s.client import SeriesRecorder

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.support.control_plane import ControlPlane
    from tuik8s.api.objects import Obj

pytestmark = pytest.mark.looptime


def pod(name: str = "web", revision: str = "7") -> Obj:
    metadata = {"name": name, "namespace": "default", "uid": f"uid-{name}", "resourceVersion": revision}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata}


@asynccontextmanager
async def recording(plane: ControlPlane) -> AsyncIterator[SeriesRecorder]:
    client = plane.client_for("system:kube-scheduler")
    recorder = SeriesRecorder(client, "default-scheduler", clock=plane.clock, host="here")
    running = asyncio.create_task(recorder.run())
    try:
        yield recorder
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def fail(recorder: SeriesRecorder, about: Obj, note: str = "0/3 nodes are available", **options: Any) -> None:
    recorder.event(about, "Warning", "FailedScheduling", note, action="Scheduling", **options)


async def events(plane: ControlPlane) -> list[Obj]:
    found: list[Obj] = (await plane.client.list(kinds.EVENTS_EVENT, "default"))["items"]
    return found


async def test_fields(control_plane: ControlPlane) -> None:
    async with recording(control_plane) as recorder:
        recorder.event(
            pod(), "Normal", "Preempted", "by urgent", action="Preempting", related=pod("urgent")
        )  # fmt: skip
        await recorder.flush()
    (event,) = await events(control_plane)
    assert event["metadata"]["name"].startswith("web.")
    assert event["eventTime"] == micro_timestamp(control_plane.clock.now())
    assert (event["reportingController"], event["reportingInstance"]) == (
        "default-scheduler", "default-scheduler-here",
    )  # fmt: skip
    assert (event["action"], event["reason"], event["note"]) == ("Preempting", "Preempted", "by urgent")
    assert event["regarding"]["name"] == "web"
    assert event["related"]["name"] == "urgent"
    for absent in ("series", "deprecatedCount", "deprecatedFirstTimestamp", "deprecatedLastTimestamp"):
        assert not event.get(absent)


async def test_the_second_begins_a_series_and_the_last_count_comes_with_its_end(
    control_plane: ControlPlane,
) -> None:
    async with recording(control_plane) as recorder:
        for number in range(5):
            fail(recorder, pod(), f"note {number}")
            await asyncio.sleep(60)
        await recorder.flush()
        (event,) = await events(control_plane)
        assert event["series"]["count"] == 2
        assert event["note"] == "note 0"
        last = control_plane.clock.now() - timedelta(seconds=60)
        await asyncio.sleep(720)
        (event,) = await events(control_plane)
        assert event["series"] == {"count": 5, "lastObservedTime": micro_timestamp(last)}
        fail(recorder, pod())
        await recorder.flush()
    assert len(await events(control_plane)) == 2


async def test_one_alone_is_forgotten_after_six_minutes(control_plane: ControlPlane) -> None:
    async with recording(control_plane) as recorder:
        fail(recorder, pod())
        await asyncio.sleep(725)
        fail(recorder, pod())
        await recorder.flush()
    assert [event.get("series") for event in await events(control_plane)] == [None, None]


async def test_a_long_series_is_told_every_half_hour(control_plane: ControlPlane) -> None:
    async with recording(control_plane) as recorder:
        for _ in range(31):
            fail(recorder, pod())
            await asyncio.sleep(60)
        (event,) = await events(control_plane)
        assert event["series"]["count"] >= 29


async def test_what_differs_in_object_reason_or_action_is_no_series(control_plane: ControlPlane) -> None:
    async with recording(control_plane) as recorder:
        fail(recorder, pod())
        fail(recorder, pod("other"))
        fail(recorder, pod(revision="8"))
        recorder.event(pod(), "Normal", "Scheduled", "assigned", action="Binding")
        await recorder.flush()
    assert [event.get("series") for event in await events(control_plane)] == [None] * 4


async def test_a_series_whose_event_has_gone_is_written_anew(control_plane: ControlPlane) -> None:
    async with recording(control_plane) as recorder:
        fail(recorder, pod())
        await recorder.flush()
        (event,) = await events(control_plane)
        await control_plane.client.delete(kinds.EVENTS_EVENT, "default", event["metadata"]["name"])
        fail(recorder, pod())
        await recorder.flush()
    (event,) = await events(control_plane)
    assert event["series"]["count"] == 2


async def test_long_notes_are_cut_as_the_scheduler_cuts_them(control_plane: ControlPlane) -> None:
    async with recording(control_plane) as recorder:
        fail(recorder, pod(), "x" * 2000)
        await recorder.flush()
    (event,) = await events(control_plane)
    assert len(event["note"]) == 1024
    assert event["note"].endswith("x ...")


async def test_both_groups_are_counted_alike(control_plane: ControlPlane) -> None:
    async with recording(control_plane) as recorder:
        fail(recorder, pod())
        await asyncio.sleep(10)
        fail(recorder, pod())
        await recorder.flush()
    (newer,) = await events(control_plane)
    (core,) = (await control_plane.client.list(kinds.EVENT, "default"))["items"]
    for event in (newer, core):
        assert counting.occurrences(event) == 2
        assert counting.first_seen(event) == newer["eventTime"]
        assert counting.last_seen(event) == newer["series"]["lastObservedTime"]
