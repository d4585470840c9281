"""postStart and preStop hooks (pkg/kubelet/lifecycle)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tuik8s.cri import RuntimeFault
from tuik8s.kubelet.handlers import HandlerProblem, Target, http_get, run_exec

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj

HOOK_LIMIT = 86400.0
"""Seconds a hook may take when nothing else limits it; postStart has no limit of its own."""


class HookFailed(Exception):
    """The text is the event's."""


async def run_hook(target: Target, hook: Obj, name: str) -> None:
    """`name` is PostStartHook or PreStopHook. Raises `HookFailed`."""
    try:
        if "exec" in hook:
            await _exec(target, hook["exec"])
        elif "httpGet" in hook:
            answer = await http_get(target, hook["httpGet"])
            if answer.status >= 400:
                raise HandlerProblem(f"HTTP hook failed with statuscode: {answer.status}")
        elif "sleep" in hook:
            await asyncio.sleep(float(hook["sleep"].get("seconds") or 0))
        else:
            raise HandlerProblem(f"invalid handler: {', '.join(sorted(hook)) or 'none'}")
    except (HandlerProblem, RuntimeFault, TimeoutError) as error:
        raise HookFailed(f"{name} failed: {error}") from error


async def _exec(target: Target, action: Obj) -> None:
    result = await run_exec(target, action, HOOK_LIMIT)
    if result.exit_code != 0:
        command = " ".join(action.get("command") or ())
        text = result.output.decode("utf-8", "replace")
        raise HandlerProblem(f"command '{command}' exited with {result.exit_code}: {text}")
