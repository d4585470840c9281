"""What the object actions of the registry do: `HANDLERS` maps their ids to handlers.

An action of the registry without a handler here (or in the main screen) shows nowhere: neither its key, nor
its footer entry, nor its line in the help.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tuik8s.tui.host import Handler

HANDLERS: Mapping[str, Handler] = {}
"""By action id."""
