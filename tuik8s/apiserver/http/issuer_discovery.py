"""OpenID Connect discovery: how others check service account tokens (pkg/serviceaccount)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.apiserver.http.answers import json_response

if TYPE_CHECKING:
    from aiohttp import web

    from tuik8s.apiserver.authentication.service_accounts import TokenIssuer

_CACHED = {"Cache-Control": "public, max-age=3600"}


def configuration(issuer: TokenIssuer, host: str) -> web.Response:
    document = {
        "issuer": issuer.issuer, "jwks_uri": f"https://{host}/openid/v1/jwks",
        "response_types_supported": ["id_token"], "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
    }  # fmt: skip
    return json_response(document, headers=_CACHED)


def keys(issuer: TokenIssuer) -> web.Response:
    response = json_response({"keys": [issuer.key.jwk()]}, headers=_CACHED)
    response.content_type = "application/jwk-set+json"
    return response
