"""The Common Expression Language with the functions that Kubernetes adds to it.

The engine is Google's own, a shared library of some size: it is loaded with the first expression.
"""

from tuik8s.api.cel.environment import CelError, Expression, compile_expression
from tuik8s.api.cel.values import escape

__all__ = ["CelError", "Expression", "compile_expression", "escape"]
