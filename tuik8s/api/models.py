"""Kubernetes' own types by name: structs of the package lightkube.models, made from Kubernetes' OpenAPI."""

from __future__ import annotations

import importlib
import sys
from functools import cache
from importlib.util import find_spec, module_from_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import ModuleType

PACKAGE = "lightkube.models"


def model_of(name: str) -> Any:
    """The struct of `core_v1:Pod`, say; of a few names it is `dict` or `Any` instead. Raises LookupError for
    what this release of Kubernetes has not."""
    module, _, struct = name.partition(":")
    try:
        return getattr(models_in(module), struct)
    except AttributeError:
        raise LookupError(f"Kubernetes has no {name}") from None


@cache
def models_in(module: str) -> ModuleType | None:
    """All of a group and version (`apps_v1`); None where there is none such."""
    _let_its_client_wait()
    name = f"{PACKAGE}.{module}"
    return importlib.import_module(name) if find_spec(name) else None


def _let_its_client_wait() -> None:
    """An API client lives in the parent package, and an HTTP library comes with it: a tenth of the start of
    tuik8s. It is loaded when somebody in this process asks for it, and not for the models."""
    parent = PACKAGE.partition(".")[0]
    spec = find_spec(parent)
    if parent in sys.modules or spec is None or spec.loader is None:
        return
    package, loader = module_from_spec(spec), spec.loader

    def load(name: str) -> Any:
        package.__dict__.pop("__getattr__", None)
        loader.exec_module(package)
        return getattr(package, name)

    package.__dict__["__getattr__"] = load
    sys.modules[parent] = package
