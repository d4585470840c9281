"""Who asks: client certificates, bearer tokens of four sorts, impersonation, and nobody.

Guarantees: credentials that are presented and wrong are refused with 401, whatever else holds; without any
the user is `system:anonymous`, and authorisation decides.
"""

from tuik8s.apiserver.authentication.authenticator import (
    ANONYMOUS,
    AUTHENTICATED,
    UNAUTHENTICATED,
    Authenticated,
    Authenticator,
    BadToken,
    TokenAuthenticator,
)

__all__ = [
    "ANONYMOUS", "AUTHENTICATED", "UNAUTHENTICATED", "Authenticated", "Authenticator", "BadToken",
    "TokenAuthenticator",
]  # fmt: skip
