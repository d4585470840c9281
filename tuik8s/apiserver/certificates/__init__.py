"""The cluster's own certificate authority, and what it issues.

Guarantees: EC keys (P-256), files of mode 0600 in a directory of mode 0700; what still holds is kept, what
ends soon or names the wrong hosts is issued anew; a file is never seen half written.
"""

from tuik8s.apiserver.certificates.pki import (
    Pair,
    Pki,
    ensure_authority,
    ensure_pki,
    sign_certificate,
)

__all__ = ["Pair", "Pki", "ensure_authority", "ensure_pki", "sign_certificate"]
