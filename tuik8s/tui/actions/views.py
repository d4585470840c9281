"""Actions that show something: descriptions, YAML, logs, the owner, the menu, the history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from rich.text import Text

from tuik8s.api.objects import controller_of
from tuik8s.tui.actions.act import ask, kubectl_for, title_of
from tuik8s.tui.keys import key_label
from tuik8s.tui.ports import NOT_REMOTE
from tuik8s.tui.screens.components import ComponentsScreen
from tuik8s.tui.screens.dialogs import ChoiceDialog
from tuik8s.tui.screens.history import HistoryScreen
from tuik8s.tui.screens.logs import LogScreen
from tuik8s.tui.screens.object import DescribeScreen, YamlScreen
from tuik8s.tui.screens.why import WhyScreen

if TYPE_CHECKING:
    from textual.app import App
    from textual.screen import Screen

    from tuik8s.tui.host import Host, Target
    from tuik8s.tui.keys import KeyAction


async def describe(host: Host, targets: tuple[Target, ...]) -> None:
    await _show(host, DescribeScreen(host, targets[0]))


async def yaml(host: Host, targets: tuple[Target, ...]) -> None:
    await _show(host, YamlScreen(host, targets[0]))


async def logs(host: Host, targets: tuple[Target, ...]) -> None:
    await _show(host, LogScreen(host, targets[0]))


async def previous_logs(host: Host, targets: tuple[Target, ...]) -> None:
    await _show(host, LogScreen(host, targets[0], previous=True))


async def why(host: Host, targets: tuple[Target, ...]) -> None:
    target = targets[0]
    if host.info is None:
        host.notice(f"who caused what is {NOT_REMOTE}", "warning")
        return
    story = await host.info.story(target.kind, target.namespace, target.name)
    if not story.writes:
        host.notice(f"the history of {title_of(target)} is not kept any more", "warning")
        return
    await _show(host, WhyScreen(host, target, story))


async def history(host: Host, targets: tuple[Target, ...]) -> None:
    await _show(host, HistoryScreen(host))


async def components(host: Host, targets: tuple[Target, ...]) -> None:
    if host.info is None:
        host.notice(f"the switchboard of components is {NOT_REMOTE}", "warning")
        return
    await _show(host, ComponentsScreen(host))


async def owner(host: Host, targets: tuple[Target, ...]) -> None:
    target = targets[0]
    reference = controller_of(target.object)
    if reference is None:
        host.notice(f"{title_of(target)} has no owner that controls it", "warning")
        return
    kind = host.kinds.by_kind(reference["apiVersion"], reference["kind"])
    if kind is None:
        host.notice(
            f"{reference['kind']} {reference['name']} is of a kind this server does not have", "warning"
        )
        return
    host.goto(kind, target.namespace if kind.namespaced else "", reference["name"])


async def menu(host: Host, targets: tuple[Target, ...]) -> None:
    """Everything the registry knows to do with such an object, here and now."""
    target = targets[0]
    actions = possible(host, target)
    lines = [_menu_line(host, action, target) for action in actions]
    choice = await ask(host, ChoiceDialog(title_of(target), lines, confirm="Do it", wide=True))
    if choice is not None:
        host.run_handler(actions[choice].id, targets)


def possible(host: Host, target: Target) -> list[KeyAction]:
    """What can be done with the target, without what only shows this list again."""
    return [
        action
        for action in host.keys.of_scope("object")
        if action.id in host.handlers
        and action.id != "object.menu"
        and action.applies_to(target.kind)
        and (action.id != "object.owner" or controller_of(target.object) is not None)
        and not (action.mutates and host.settings.read_only)
    ]


def _menu_line(host: Host, action: KeyAction, target: Target) -> Text:
    command = kubectl_for(host, action.id, target) if action.kubectl else ""
    keys = " ".join(key_label(key) for key in action.keys[:2])
    line = Text(no_wrap=True, overflow="ellipsis")
    line.append(f"{keys:<5}", "bold").append(f"{action.label:<15}").append(command or action.help, "dim")
    return line


async def _show(host: Host, screen: Screen[Any]) -> None:
    await cast("App[Any]", host).push_screen(screen)
