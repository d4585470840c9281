"""What names, labels and annotations may look like, in Kubernetes' words (apimachinery util/validation).

Every rule is a function from a text to a list of complaints; an empty list means the text is fine.
"""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache

LABEL_LENGTH = 63
SUBDOMAIN_LENGTH = 253

_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_LABEL_1035 = r"[a-z]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(\.{_LABEL})*"
_QUALIFIED = r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_LABEL_VALUE = rf"({_QUALIFIED})?"
_CONFIG_KEY = r"[-._a-zA-Z0-9]+"
_PORT_CHARACTERS = r"[-a-z0-9]+"

_LABEL_TEXT = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', "
    "and must start and end with an alphanumeric character"
)
_LABEL_1035_TEXT = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', "
    "start with an alphabetic character, and end with an alphanumeric character"
)
_SUBDOMAIN_TEXT = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', "
    "and must start and end with an alphanumeric character"
)
_QUALIFIED_TEXT = (
    "must consist of alphanumeric characters, '-', '_' or '.', "
    "and must start and end with an alphanumeric character"
)
_LABEL_VALUE_TEXT = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', "
    "and must start and end with an alphanumeric character"
)
_ENV_TEXT = "a valid environment variable name must consist only of printable ASCII characters other than '='"
_CONFIG_KEY_TEXT = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"


def _too_long(limit: int) -> str:
    return f"must be no more than {limit} bytes"


def _regex(message: str, pattern: str, *examples: str) -> str:
    if not examples:
        return f"{message} (regex used for validation is '{pattern}')"
    shown = " or ".join(f"'{example}', " for example in examples)
    return f"{message} (e.g. {shown}regex used for validation is '{pattern}')"


_CONFIG_KEY_COMPLAINT = _regex(_CONFIG_KEY_TEXT, _CONFIG_KEY, "key.name", "KEY_NAME", "key-name")
"""Made once: a ConfigMap may have a hundred thousand keys."""


def _check(text: str, limit: int, pattern: str, complaint: str) -> list[str]:
    problems = [] if len(text) <= limit else [_too_long(limit)]
    if re.fullmatch(pattern, text) is None:
        problems.append(complaint)
    return problems


@lru_cache(maxsize=4096)
def _dns_label(text: str) -> tuple[str, ...]:
    complaint = _regex(_LABEL_TEXT, _LABEL, "my-name", "123-abc")
    if re.fullmatch(_SUBDOMAIN, text):
        complaint = "must not contain dots"
    return tuple(_check(text, LABEL_LENGTH, _LABEL, complaint))


def dns_label(text: str) -> list[str]:
    """RFC 1123 label: namespaces, containers, volumes, host names."""
    return list(_dns_label(text))


def dns_1035_label(text: str) -> list[str]:
    """RFC 1035 label: services."""
    return _check(
        text, LABEL_LENGTH, _LABEL_1035, _regex(_LABEL_1035_TEXT, _LABEL_1035, "my-name", "abc-123")
    )


@lru_cache(maxsize=4096)
def _dns_subdomain(text: str) -> tuple[str, ...]:
    return tuple(
        _check(text, SUBDOMAIN_LENGTH, _SUBDOMAIN, _regex(_SUBDOMAIN_TEXT, _SUBDOMAIN, "example.com"))
    )


def dns_subdomain(text: str) -> list[str]:
    """RFC 1123 subdomain: the names of most kinds."""
    return list(_dns_subdomain(text))


@lru_cache(maxsize=4096)
def _qualified_name(text: str) -> tuple[str, ...]:
    parts = text.split("/")
    problems: list[str] = []
    if len(parts) > 2:
        complaint = _regex("a valid label key " + _QUALIFIED_TEXT, _QUALIFIED, "MyName", "my.name", "123-abc")
        return (complaint + " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",)
    name = parts[-1]
    if len(parts) == 2:
        if not parts[0]:
            problems.append("prefix part must be non-empty")
        else:
            problems += [f"prefix part {problem}" for problem in _dns_subdomain(parts[0])]
    if not name:
        problems.append("name part must be non-empty")
    elif len(name) > LABEL_LENGTH:
        problems.append(f"name part {_too_long(LABEL_LENGTH)}")
    if re.fullmatch(_QUALIFIED, name) is None:
        problems.append("name part " + _regex(_QUALIFIED_TEXT, _QUALIFIED, "MyName", "my.name", "123-abc"))
    return tuple(problems)


def qualified_name(text: str) -> list[str]:
    """`prefix/name`, the prefix optional: label and annotation keys, finalizers, taints, resources."""
    return list(_qualified_name(text))


@lru_cache(maxsize=4096)
def _label_value(text: str) -> tuple[str, ...]:
    complaint = _regex(_LABEL_VALUE_TEXT, _LABEL_VALUE, "MyValue", "my_value", "12345")
    return tuple(_check(text, LABEL_LENGTH, _LABEL_VALUE, complaint))


def label_value(text: str) -> list[str]:
    return list(_label_value(text))


def config_map_key(text: str) -> list[str]:
    """Keys of ConfigMaps and Secrets, which become file names."""
    problems = _check(text, SUBDOMAIN_LENGTH, _CONFIG_KEY, _CONFIG_KEY_COMPLAINT)
    if text == ".":
        problems.append("must not be '.'")
    elif text == "..":
        problems.append("must not be '..'")
    elif text.startswith(".."):
        problems.append("must not start with '..'")
    return problems


def wildcard_subdomain(text: str) -> list[str]:
    """`*.` before a subdomain: hosts of ingresses."""
    complaint = _regex(
        "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must "
        "consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
        rf"\*\.{_SUBDOMAIN}", "*.example.com",
    )  # fmt: skip
    return _check(text, SUBDOMAIN_LENGTH, rf"\*\.{_SUBDOMAIN}", complaint)


def domain_prefixed_path(text: str) -> list[str]:
    """`example.com/path`: names of controllers."""
    domain, slash, path = text.partition("/")
    if not slash or not domain or not path:
        return ['must be a domain-prefixed path (such as "acme.io/foo")']
    problems = [f"prefix part {problem}" for problem in dns_subdomain(domain)]
    if re.fullmatch(r"[A-Za-z0-9/\-._~%!$&'()*+,;=:]+", path) is None:
        problems.append(_regex("Invalid path", r"[A-Za-z0-9/\-._~%!$&'()*+,;=:]+"))
    return problems


def path_segment(text: str) -> list[str]:
    """Anything that is one part of a URL's path: names of roles and their bindings."""
    if text in (".", ".."):
        return [f"may not be '{text}'"]
    return [f"may not contain '{character}'" for character in "/%" if character in text]


def env_var_name(text: str) -> list[str]:
    """Printable ASCII but `=`: what environment variables may be called since Kubernetes 1.30."""
    if not text:
        return ["environment variable name must be non-empty"]
    return [] if re.fullmatch("[ -<>-~]+", text) else [_ENV_TEXT]


def port_name(text: str) -> list[str]:
    """IANA service name: at most 15 characters, at least one letter, no double or outer dashes."""
    problems: list[str] = []
    if len(text) > 15:
        problems.append(_too_long(15))
    if re.fullmatch(_PORT_CHARACTERS, text) is None:
        problems.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
    if re.search("[a-z]", text) is None:
        problems.append("must contain at least one letter (a-z)")
    if "--" in text:
        problems.append("must not contain consecutive hyphens")
    if text and (text[0] == "-" or text[-1] == "-"):
        problems.append("must not begin or end with a hyphen")
    return problems


def port_number(port: int) -> list[str]:
    return [] if 1 <= port <= 65535 else ["must be between 1 and 65535, inclusive"]


def ip_address(text: str) -> list[str]:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return ["must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"]
    return []


def cidr(text: str) -> list[str]:
    try:
        ipaddress.ip_network(text, strict=False)
        prefixed = "/" in text
    except ValueError:
        prefixed = False
    return [] if prefixed else ["must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"]
