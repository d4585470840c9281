"""A client process: one kind of request again and again; a line of JSON with how long each took."""

from __future__ import annotations

import json
import sys
import time

from tests.bench.https.connection import Connection, Endpoint

WARM_UP = 0.3


def main() -> None:
    """Reads its task, waits for a line, and begins: so that all processes begin together."""
    task = json.loads(sys.stdin.readline())
    connection = Connection(Endpoint(*task["endpoint"]))
    path, body = task["path"].replace("CLIENT", task["name"]), task["body"]
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    samples: list[float] = []
    started = time.perf_counter()
    counted, end, number = started + WARM_UP, started + WARM_UP + task["seconds"], 0
    while (now := time.perf_counter()) < end:
        number += 1
        name = f"{task['name']}-{number}"
        answer = connection.request(
            task["method"], path, body.replace("NAME", name).encode(), task["media_type"]
        )
        if answer.code not in (200, 201):
            raise SystemExit(f"{answer.code}: {answer.body[:500]!r}")
        if now >= counted:
            samples.append(time.perf_counter() - now)
    sys.stdout.write(json.dumps(samples) + "\n")


if __name__ == "__main__":
    main()
