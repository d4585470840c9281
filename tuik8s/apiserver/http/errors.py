"""Refusals that only HTTP knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api.errors import ApiError, NotFound

if TYPE_CHECKING:
    from collections.abc import Sequence


class NotAcceptable(ApiError):
    code, reason = 406, "NotAcceptable"

    @classmethod
    def offering(cls, accepted: Sequence[str]) -> NotAcceptable:
        return cls(f"only the following media types are accepted: {', '.join(accepted)}")


class RequestEntityTooLarge(ApiError):
    code, reason = 413, "RequestEntityTooLarge"


def no_such_resource() -> NotFound:
    return NotFound("the server could not find the requested resource")
