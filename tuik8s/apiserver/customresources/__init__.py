"""Custom resources: definitions are accepted, served, followed and cleaned up after.

`ServedDefinitions` keeps the registry of kinds and the registries of objects in step with what is
established; `DefinitionController` gives names, establishes, and empties what is deleted.
"""

from tuik8s.apiserver.customresources.controller import DefinitionController
from tuik8s.apiserver.customresources.served import ServedDefinitions

__all__ = ["DefinitionController", "ServedDefinitions"]
