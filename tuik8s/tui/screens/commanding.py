"""What the `:` line does with what is typed into it, and what it offers meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api.kinds import NAMESPACE
from tuik8s.tui import command_line
from tuik8s.tui.rows.summary import ordered_namespaces
from tuik8s.tui.screens.panes import PanesScreen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tuik8s.tui.keys import KeyAction
    from tuik8s.tui.widgets.prompt import Prompt


class CommandScreen(PanesScreen):
    """The main screen says how actions are done and where the prompt is."""

    prompt: Prompt

    # --- for the main screen

    def possible(self, action: KeyAction) -> bool:
        """Whether the action means anything here and now."""
        return True

    async def perform(self, action_id: str) -> None:
        """Do it to what is under the cursor."""

    def filter(self, text: str) -> bool:
        """Narrow the table; False, and nothing changed, when the text does not parse."""
        return False

    # --- commands

    def ask_command(self) -> None:
        """Kinds may have come meanwhile: what completes the line is brought up to date as one types."""
        self.prompt.ask("command")
        self.run_worker(self.host.refresh_kinds(), group="kinds", exclusive=True, exit_on_error=False)

    def suggest(self, text: str) -> list[str]:
        kind = self.host.kinds.find(text.split(" ", 1)[0]) if text else None
        names = [row.name for row in self.model(kind).rows.values()] if kind is not None else []
        namespaces = ordered_namespaces(self.model(NAMESPACE))
        contexts = self.host.remote.contexts if self.host.remote is not None else ()
        return command_line.suggestions(
            text, self.host.kinds, self._action_ids(), namespaces, sorted(names), contexts
        )

    def _action_ids(self) -> list[str]:
        return [action.id for action in self.host.keys if not action.action and self.possible(action)]

    async def command(self, text: str) -> None:
        try:
            await self._perform(command_line.parse(text, self.host.kinds, self._action_ids()))
        except command_line.UnknownWord:
            # The server may know the kind by now; asking it must not hold up the screen.
            self.run_worker(self._command_anew(text), group="kinds", exclusive=True, exit_on_error=False)
        except ValueError as error:
            self.host.notice(str(error), "warning")

    async def _command_anew(self, text: str) -> None:
        await self.host.refresh_kinds()
        try:
            await self._perform(command_line.parse(text, self.host.kinds, self._action_ids()))
        except ValueError as error:
            self.host.notice(str(error), "warning")

    async def _perform(self, command: command_line.Command) -> None:
        match command:
            case command_line.Quit():
                self.app.exit()
            case command_line.Namespaces(names):
                self.set_namespaces(names)
            case command_line.UseTheme(name):
                self._use_theme(name)
            case command_line.UseContext(name):
                self._use_context(name)
            case command_line.RunAction(action_id):
                await self.perform(action_id)
            case command_line.ShowKind():
                self._show(command)

    def _use_context(self, name: str) -> None:
        remote = self.host.remote
        if remote is None:
            self.host.notice("leave, and open another cluster with tuik8s --context NAME", "warning")
        elif not name:
            self.run_worker(self._choose_context(remote.contexts), exit_on_error=False)
        elif name in remote.contexts:
            self.host.go_to_context(name)
        else:
            self.host.notice(f"no context {name!r}: there are {', '.join(remote.contexts)}", "warning")

    async def _choose_context(self, names: Sequence[str]) -> None:
        from tuik8s.tui.screens.dialogs import ChoiceDialog  # no dialog is needed for the first frame

        chosen = await self.app.push_screen_wait(ChoiceDialog("Which context", names, confirm="Open"))
        if chosen is not None:
            self.host.go_to_context(names[chosen])

    def _use_theme(self, name: str) -> None:
        if name in self.app.available_themes:
            self.app.theme = name
        else:
            self.host.notice(
                f"no theme {name!r}: there are {', '.join(sorted(self.app.available_themes))}", "warning"
            )

    def _show(self, command: command_line.ShowKind) -> None:
        if command.namespaces is not None:
            self.set_namespaces(command.namespaces)
        if not command.name:
            self.navigator.show_kind(command.kind)
        elif not self.navigator.show_object(command.kind, "", command.name):
            self.filter(command.name)
            return
        if command.filter:
            self.filter(command.filter)
