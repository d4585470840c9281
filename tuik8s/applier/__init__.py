"""The manifest folder: files are the desired state.

Each file is parsed, applied as field manager `tuik8s-folder` and remembered with what it created. A file that
is deleted takes with it what it created, and only that; one that cannot be read keeps its last good objects;
a folder that vanishes prunes nothing. What was changed by other hands stays until the file itself changes,
and is shown as drift.
"""

from tuik8s.applier.applier import FolderApplier
from tuik8s.applier.composer import ManifestError
from tuik8s.applier.documents import Document, parse

__all__ = ["Document", "FolderApplier", "ManifestError", "parse"]
