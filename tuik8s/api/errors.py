"""Errors of the API, each with the Status that a client receives.

    ApiError
    ├── BadRequest 400            ├── Expired 410 (also "Gone")
    ├── Unauthorized 401          ├── UnsupportedMediaType 415
    ├── Forbidden 403             ├── Invalid 422
    ├── NotFound 404              ├── TooManyRequests 429
    ├── MethodNotSupported 405    ├── InternalError 500
    ├── AlreadyExists 409         ├── ServiceUnavailable 503
    └── Conflict 409              └── ServerTimeout 504

Message texts follow k8s.io/apimachinery/pkg/api/errors.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tuik8s.api.objects import Obj


class ApiError(Exception):
    """A request that was refused; `status()` is its wire form."""

    code: int = 500
    reason: str = "InternalError"

    def __init__(self, message: str, *, details: Obj | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.details = details

    def status(self) -> Obj:
        status: Obj = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
            "reason": self.reason,
            "code": self.code,
        }
        if self.details:
            status["details"] = {name: value for name, value in self.details.items() if value != ""}
        return status


class BadRequest(ApiError):
    code, reason = 400, "BadRequest"


class Unauthorized(ApiError):
    code, reason = 401, "Unauthorized"


class Forbidden(ApiError):
    code, reason = 403, "Forbidden"

    @classmethod
    def on(cls, resource: str, name: str, why: str) -> Forbidden:
        subject = f'{resource} "{name}"' if name else resource
        return cls(f"{subject} is forbidden: {why}", details=_details(resource, name))


class NotFound(ApiError):
    code, reason = 404, "NotFound"

    @classmethod
    def of(cls, resource: str, name: str) -> NotFound:
        """`resource` as `deployments.apps`."""
        return cls(f'{resource} "{name}" not found', details=_details(resource, name))


class MethodNotSupported(ApiError):
    code, reason = 405, "MethodNotAllowed"


class AlreadyExists(ApiError):
    code, reason = 409, "AlreadyExists"

    @classmethod
    def of(cls, resource: str, name: str) -> AlreadyExists:
        return cls(f'{resource} "{name}" already exists', details=_details(resource, name))


class Conflict(ApiError):
    code, reason = 409, "Conflict"

    @classmethod
    def of(cls, resource: str, name: str, why: str) -> Conflict:
        return cls(
            f'Operation cannot be fulfilled on {resource} "{name}": {why}', details=_details(resource, name)
        )

    @classmethod
    def modified(cls, resource: str, name: str) -> Conflict:
        why = "the object has been modified; please apply your changes to the latest version and try again"
        return cls.of(resource, name, why)


class Expired(ApiError):
    """The revision asked for is older than the history kept: list again.

    `continue_token` goes on with a list all the same, though not with one of a single moment.
    """

    code, reason = 410, "Expired"

    def __init__(self, message: str, *, details: Obj | None = None, continue_token: str = "") -> None:
        super().__init__(message, details=details)
        self.continue_token = continue_token

    def status(self) -> Obj:
        metadata = {"continue": self.continue_token} if self.continue_token else {}
        return super().status() | {"metadata": metadata}


class UnsupportedMediaType(ApiError):
    code, reason = 415, "UnsupportedMediaType"

    @classmethod
    def accepting(cls, accepted: Sequence[str]) -> UnsupportedMediaType:
        return cls(
            "the body of the request was in an unknown format - accepted media types include: "
            + ", ".join(accepted)
        )


class Invalid(ApiError):
    code, reason = 422, "Invalid"

    @classmethod
    def of(cls, kind: str, group: str, name: str, errors: Sequence[FieldError]) -> Invalid:
        """`kind` as `Deployment`; the message joins the field errors as the API server does."""
        subject = f"{kind}.{group}" if group else kind
        texts = list(dict.fromkeys(str(error) for error in errors))
        body = texts[0] if len(texts) == 1 else "[" + ", ".join(texts) + "]"
        causes = [error.cause() for error in errors]
        details: Obj = {"name": name, "kind": kind, "causes": causes}
        if group:
            details["group"] = group
        return cls(f'{subject} "{name}" is invalid: {body}', details=details)


class TooManyRequests(ApiError):
    code, reason = 429, "TooManyRequests"


class InternalError(ApiError):
    code, reason = 500, "InternalError"


class ServiceUnavailable(ApiError):
    code, reason = 503, "ServiceUnavailable"


class ServerTimeout(ApiError):
    code, reason = 504, "Timeout"


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with one field, in the words of k8s.io/apimachinery's `field.Error`."""

    cause_reason: str
    path: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}: {self.text}" if self.path else self.text

    def cause(self) -> Obj:
        return {"reason": self.cause_reason, "message": self.text, "field": self.path}


def required(path: str, detail: str = "") -> FieldError:
    return FieldError("FieldValueRequired", path, _with("Required value", detail))


def invalid(path: str, value: Any, detail: str) -> FieldError:
    return FieldError("FieldValueInvalid", path, f"Invalid value: {_show(value)}: {detail}")


def not_supported(path: str, value: Any, supported: Sequence[str]) -> FieldError:
    known = ", ".join(f'"{item}"' for item in supported)
    return FieldError(
        "FieldValueNotSupported", path, f"Unsupported value: {_show(value)}: supported values: {known}"
    )


def not_found(path: str, value: Any) -> FieldError:
    return FieldError("FieldValueNotFound", path, f"Not found: {_show(value)}")


def duplicate(path: str, value: Any) -> FieldError:
    return FieldError("FieldValueDuplicate", path, f"Duplicate value: {_show(value)}")


def forbidden(path: str, detail: str) -> FieldError:
    return FieldError("FieldValueForbidden", path, _with("Forbidden", detail))


def too_long(path: str, limit: int) -> FieldError:
    return FieldError("FieldValueTooLong", path, f"Too long: may not be more than {limit} bytes")


def too_many(path: str, actual: int, limit: int) -> FieldError:
    return FieldError("FieldValueTooMany", path, f"Too many: {actual}: must have at most {limit} items")


def _with(head: str, detail: str) -> str:
    return f"{head}: {detail}" if detail else head


def _show(value: Any) -> str:
    if value is None:
        return "null"
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _details(resource: str, name: str) -> Obj:
    plural, _, group = resource.partition(".")
    details: Obj = {"name": name, "kind": plural}
    if group:
        details["group"] = group
    return details


class OtherRefusal(ApiError):
    """A code and a reason that have no class here, kept as some server sent them."""

    def __init__(self, code: int, reason: str, message: str, *, details: Obj | None = None) -> None:
        super().__init__(message, details=details)
        self.code, self.reason = code, reason


_CLASSES: tuple[type[ApiError], ...] = (
    BadRequest, Unauthorized, Forbidden, NotFound, MethodNotSupported, AlreadyExists, Conflict, Expired,
    UnsupportedMediaType, Invalid, TooManyRequests, InternalError, ServiceUnavailable, ServerTimeout,
)  # fmt: skip
_BY_REASON = {kind.reason: kind for kind in _CLASSES}
_BY_CODE = {kind.code: kind for kind in reversed(_CLASSES) if kind is not AlreadyExists}


def from_status(status: Obj) -> ApiError:
    """The error that a Status object (a refusal's body, a watch's ERROR event) stands for."""
    reason = "Expired" if status.get("reason") == "Gone" else str(status.get("reason") or "")
    code, details = int(status.get("code") or 0), status.get("details")
    message = str(status.get("message") or "unknown error")
    kind = _BY_REASON.get(reason) or (_BY_CODE.get(code) if not reason else None)
    if kind is None and code:
        return OtherRefusal(code, reason, message, details=details)
    return (kind or InternalError)(message, details=details)


def of_code(code: int, message: str) -> ApiError:
    """The error of an answer that has nothing but an HTTP code, as proxies on the way send it."""
    kind = _BY_CODE.get(code)
    return kind(message) if kind is not None else OtherRefusal(code, "", message)
