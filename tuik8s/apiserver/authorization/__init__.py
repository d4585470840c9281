"""Who may do what: RBAC, the node authoriser, and the modes that ask nobody.

Guarantees: a decision reflects every write that was answered before it was asked for; members of
`system:masters` may do everything, whatever the modes; what no mode allows is forbidden.
"""

from tuik8s.apiserver.authorization.attributes import Attributes, attributes_of
from tuik8s.apiserver.authorization.authorizer import (
    ALLOWED,
    NO_OPINION,
    Authorizer,
    Decision,
    KnownRules,
    Verdict,
    forbidden,
)
from tuik8s.apiserver.authorization.modes import MODES, Authorization, BadMode

__all__ = [
    "ALLOWED", "MODES", "NO_OPINION", "Attributes", "Authorization", "Authorizer", "BadMode", "Decision",
    "KnownRules", "Verdict", "attributes_of", "forbidden",
]  # fmt: skip
