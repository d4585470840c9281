"""The interface on the frozen cluster, to look at: `python -m tests.tui.demo`."""

from __future__ import annotations

import asyncio
import sys

from tests.tui.fakes import FakeInfo, FakeTransport, FrozenClock, fake_client, populate
from tuik8s.tui.app import TuiApp
from tuik8s.tui.settings import Settings


async def main() -> None:
    transport = FakeTransport()
    populate(transport)
    theme = sys.argv[1] if len(sys.argv) > 1 else "tuik8s-dark"
    await TuiApp(
        fake_client(transport), FakeInfo(), clock=FrozenClock(), settings=Settings(theme=theme)
    ).run_async()


if __name__ == "__main__":
    asyncio.run(main())
