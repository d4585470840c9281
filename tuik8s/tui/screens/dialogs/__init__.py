"""Questions asked before something happens. Escape and Cancel always mean: nothing happens."""

from tuik8s.tui.screens.dialogs.choice import ChoiceDialog
from tuik8s.tui.screens.dialogs.confirm import ConfirmDialog
from tuik8s.tui.screens.dialogs.delete import DeleteAnswer, DeleteDialog
from tuik8s.tui.screens.dialogs.path import PathDialog
from tuik8s.tui.screens.dialogs.rollback import RollbackDialog
from tuik8s.tui.screens.dialogs.scale import ScaleDialog

__all__ = [
    "ChoiceDialog",
    "ConfirmDialog",
    "DeleteAnswer",
    "DeleteDialog",
    "PathDialog",
    "RollbackDialog",
    "ScaleDialog",
]
