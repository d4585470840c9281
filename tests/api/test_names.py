from __future__ import annotations

import pytest

from tests.api.objects import refusal
from tuik8s.api import images, names
from tuik8s.api.hash import object_hash, safe_encode, template_hash


@pytest.mark.parametrize(
    ("rule", "good", "bad"),
    [
        (names.dns_label, ["a", "a-1", "1a", "a" * 63], ["", "-a", "a-", "A", "a.b", "a_b", "a" * 64, "a\n"]),
        (names.dns_1035_label, ["a", "a-1"], ["1a", "-a", "a.b", ""]),
        (names.dns_subdomain, ["a", "a.b-c.1", "1.a"], ["", "a..b", ".a", "A", "a" * 254]),
        (names.qualified_name, ["a", "A_b.c", "x.io/A"], ["", "/a", "a/", "a/b/c", "X/a", "-a", "a" * 64]),
        (names.label_value, ["", "a", "A_b.c-1", "1"], ["-a", "a ", "ä", "a" * 64]),
        (names.config_map_key, ["a", "A.b_c-d", ".hidden", "..."[:1] + "x"], ["", ".", "..", "..a", "a/b"]),
        (names.env_var_name, ["A", "a.b", "1A", "a b"], ["", "A=B", "ä"]),
        (names.port_name, ["http", "a-1", "8a"], ["", "80", "a--b", "-a", "HTTP", "a" * 16]),
        (names.ip_address, ["10.0.0.1", "::1"], ["", "10.0.0", "a"]),
        (names.cidr, ["10.0.0.0/8", "fd00::/8"], ["10.0.0.1", "10.0.0.0/40", ""]),
    ],
)
def test_rules(rule: object, good: list[str], bad: list[str]) -> None:
    assert callable(rule)
    assert [text for text in good if rule(text)] == []
    assert [text for text in bad if not rule(text)] == []


def test_words() -> None:
    assert names.dns_label("a.b") == ["must not contain dots"]
    assert names.dns_label("a" * 64) == ["must be no more than 63 bytes"]
    assert names.port_number(0) == ["must be between 1 and 65535, inclusive"]
    assert names.dns_1035_label("1") == [
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an "
        "alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', "
        "regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
    ]


@pytest.mark.parametrize(
    ("reference", "expected", "policy"),
    [
        ("nginx", ("nginx", "latest", ""), "Always"),
        ("nginx:1.27", ("nginx", "1.27", ""), "IfNotPresent"),
        ("service_test:latest", ("service_test", "latest", ""), "Always"),
        ("localhost:5000/a/b:x", ("localhost:5000/a/b", "x", ""), "IfNotPresent"),
        ("registry.k8s.io/pause:3.10", ("registry.k8s.io/pause", "3.10", ""), "IfNotPresent"),
        (f"a@sha256:{'0' * 64}", ("a", "", f"sha256:{'0' * 64}"), "IfNotPresent"),
        (f"a:latest@sha256:{'0' * 64}", ("a", "latest", f"sha256:{'0' * 64}"), "Always"),
    ],
)
def test_image_references(reference: str, expected: tuple[str, str, str], policy: str) -> None:
    assert images.parse(reference) == expected
    assert images.default_pull_policy(reference) == policy


@pytest.mark.parametrize("reference", ["", " ", ":x", "a b", "a:", "a@sha256:1", "a//b", "http://a/b"])
def test_unreadable_image_references(reference: str) -> None:
    assert refusal(images.parse, reference) == (
        f'couldn\'t parse image name "{reference}": invalid reference format'
    )
    assert images.default_pull_policy(reference) == "IfNotPresent"


def test_upper_case_image_names_are_explained() -> None:
    assert refusal(images.parse, "Nginx:1").endswith(": repository name (Nginx) must be lowercase")


def test_template_hashes() -> None:
    template = {"spec": {"containers": [{"name": "a", "image": "b"}]}, "metadata": {"labels": {"x": "y"}}}
    reordered = dict(reversed(template.items()))
    assert template_hash(template) == template_hash(reordered)
    assert template_hash(template, 0) != template_hash(template)
    assert template_hash(template, 0) != template_hash(template, 1)
    assert len(template_hash(template)) <= 10
    assert set(template_hash(template)) <= set("bcdfghjklmnpqrstvwxz2456789")
    assert not names.label_value(template_hash(template))
    assert object_hash({"a": 1}) != object_hash({"a": 2})
    assert len(object_hash({})) == 8


def test_safe_encoding_is_that_of_kubernetes() -> None:
    assert safe_encode("0123456789") == "456789bcdf"
