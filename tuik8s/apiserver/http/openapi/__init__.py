"""`/openapi/v3` with the schemas of every served kind, and what kubectl before 1.29 needs of v2."""

from tuik8s.apiserver.http.openapi.serving import OpenApi

__all__ = ["OpenApi"]
