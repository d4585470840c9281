"""Bearer tokens: of accounts, files and bootstrap Secrets; forged, expired, of others, of the dead."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import aiohttp
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tests.http.conftest import CONFIG_MAPS, SOON, Served, client_context
from tuik8s.api import kinds
from tuik8s.api.clock import timestamp
from tuik8s.api.errors import BadRequest, Conflict, Invalid, NotFound
from tuik8s.apiserver.authentication import Authenticator
from tuik8s.apiserver.authentication.bootstrap_tokens import BootstrapTokens
from tuik8s.apiserver.authentication.service_accounts import ServiceAccountTokens, TokenIssuer
from tuik8s.apiserver.authentication.signing_key import ensure_signing_key, new_signing_key
from tuik8s.apiserver.authentication.token_file import BadTokenFile, TokenFile

if TYPE_CHECKING:
    from pathlib import Path

    from tuik8s.api.objects import Obj
    from tuik8s.apiserver.certificates import Pki

WHO = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
REVIEW: Obj = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
SUBJECT = "system:serviceaccount:default:robot"


@pytest.fixture
def authorization_modes() -> tuple[str, ...]:
    return ("Node", "RBAC")


@pytest.fixture
def issuer() -> TokenIssuer:
    return TokenIssuer(new_signing_key())


@pytest.fixture
async def robot(served: Served, issuer: TokenIssuer) -> Obj:
    """An account; from here on its tokens hold."""
    plane = served.plane
    accounts = ServiceAccountTokens(issuer, plane.store, plane.clock)
    plane.api.authenticator = Authenticator([accounts, BootstrapTokens(plane.store, plane.clock)])
    plane.api.issuer = issuer
    return await plane.client.create(
        kinds.SERVICE_ACCOUNT, {"metadata": {"name": "robot", "namespace": "default"}}
    )


async def ask(served: Served, pki: Pki, token: str, **headers: str) -> tuple[int, Any]:
    """Who the token says one is, without any certificate."""
    connector = aiohttp.TCPConnector(ssl=client_context(pki, certificate=False))
    sent = {"Authorization": f"Bearer {token}", **headers}
    async with (
        aiohttp.ClientSession(connector=connector, timeout=SOON, headers=sent) as session,
        session.post(served.url + WHO, json=REVIEW) as answer,
    ):
        body = await answer.json()
        return answer.status, body["status"]["userInfo"] if answer.status == 201 else body


async def requested(served: Served, **spec: Any) -> Obj:
    return await served.plane.client.create_subresource(
        kinds.SERVICE_ACCOUNT, "default", "robot", "token", {"spec": spec}
    )


def pod(name: str = "p", account: str = "robot") -> Obj:
    spec = {
        "containers": [{"name": "c", "image": "busybox"}],
        "serviceAccountName": account,
        "nodeName": "one",
    }
    return {"metadata": {"name": name, "namespace": "default"}, "spec": spec}


def bound_to(obj: Obj, kind: str = "Pod") -> Obj:
    meta = obj["metadata"]
    return {"kind": kind, "apiVersion": "v1", "name": meta["name"], "uid": meta["uid"]}


async def test_an_account_is_known_by_its_token(served: Served, pki: Pki, robot: Obj) -> None:
    answer = await requested(served)
    assert (answer["kind"], answer["spec"]["expirationSeconds"]) == ("TokenRequest", 3600)
    status, who = await ask(served, pki, answer["status"]["token"])
    assert status == 201
    assert (who["username"], who["uid"]) == (SUBJECT, robot["metadata"]["uid"])
    assert who["groups"] == [
        "system:serviceaccounts",
        "system:serviceaccounts:default",
        "system:authenticated",
    ]
    claims = jwt.decode(answer["status"]["token"], options={"verify_signature": False})
    assert claims["iss"] == "https://kubernetes.default.svc.cluster.local"
    assert claims["kubernetes.io"]["serviceaccount"] == {"name": "robot", "uid": robot["metadata"]["uid"]}
    assert claims["exp"] - claims["iat"] == 3600


async def test_a_pods_token_tells_the_pod_and_dies_with_it(served: Served, pki: Pki, robot: Obj) -> None:
    plane = served.plane
    await plane.client.create(kinds.NODE, {"metadata": {"name": "one"}})
    made = await plane.client.create(kinds.POD, pod())
    token = (await requested(served, boundObjectRef=bound_to(made)))["status"]["token"]
    _, who = await ask(served, pki, token)
    assert who["extra"]["authentication.kubernetes.io/pod-name"] == ["p"]
    assert who["extra"]["authentication.kubernetes.io/node-name"] == ["one"]
    await plane.client.delete(kinds.POD, "default", "p", grace_period_seconds=0)
    assert (await ask(served, pki, token))[0] == 401
    await plane.client.create(kinds.POD, pod())
    assert (await ask(served, pki, token))[0] == 401  # another of the same name is another


async def test_what_a_mounted_token_says_and_how_long_it_lives(served: Served, robot: Obj) -> None:
    made = await served.plane.client.create(kinds.POD, pod())
    answer = await requested(served, expirationSeconds=3607, boundObjectRef=bound_to(made))
    claims = jwt.decode(answer["status"]["token"], options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 365 * 24 * 3600
    assert claims["kubernetes.io"]["warnafter"] - claims["iat"] == 3607
    said = datetime.fromisoformat(answer["status"]["expirationTimestamp"])
    assert said.timestamp() == pytest.approx(claims["iat"] + 3607, abs=1)


async def test_requests_that_cannot_be(served: Served, robot: Obj) -> None:
    made = await served.plane.client.create(kinds.POD, pod("other", ""))
    with pytest.raises(Invalid, match="may not specify a duration less than 10 minutes"):
        await requested(served, expirationSeconds=60)
    with pytest.raises(BadRequest, match="pod running with different serviceaccount name"):
        await requested(served, boundObjectRef=bound_to(made))
    with pytest.raises(Conflict, match="does not match the UID in record"):
        await requested(served, boundObjectRef={**bound_to(made), "uid": "else"})
    with pytest.raises(NotFound):
        await requested(served, boundObjectRef={"kind": "Secret", "apiVersion": "v1", "name": "none"})
    with pytest.raises(BadRequest, match="cannot bind token to object of type"):
        await requested(served, boundObjectRef={"kind": "Service", "apiVersion": "v1", "name": "x"})


def encoded(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def forge(token: str, **changes: Any) -> dict[str, str]:
    """The same claims, signed by others or by nobody."""
    claims = {**jwt.decode(token, options={"verify_signature": False}), **changes}
    header, payload, signature = token.split(".")
    nobody = (
        base64.urlsafe_b64encode(json.dumps({"alg": "none", "typ": "JWT"}).encode()).rstrip(b"=").decode()
    )
    altered = base64.urlsafe_b64encode(json.dumps({**claims, "sub": "root"}).encode()).rstrip(b"=").decode()
    return {
        "another key": jwt.encode(claims, ec.generate_private_key(ec.SECP256R1()), algorithm="ES256"),
        "no algorithm": f"{nobody}.{payload}.",
        "no signature": f"{header}.{payload}.",
        "other claims": f"{header}.{altered}.{signature}",
        "a symmetric key": jwt.encode(claims, "x" * 64, algorithm="HS256"),
        "half": token[: len(token) // 2],
        "no token": "hello",
        "dots": "...",
    }


async def test_forged_tokens_are_refused(served: Served, pki: Pki, robot: Obj) -> None:
    token = (await requested(served))["status"]["token"]
    for name, forged in forge(token).items():
        status, body = await ask(served, pki, forged)
        assert (status, body["reason"], body["message"]) == (401, "Unauthorized", "Unauthorized"), name
    assert (await ask(served, pki, token))[0] == 201


async def test_tokens_that_hold_no_longer_or_not_here(
    served: Served, pki: Pki, robot: Obj, issuer: TokenIssuer
) -> None:
    now = int(served.plane.clock.now().timestamp())

    def made(**changes: Any) -> str:
        options = {"now": now, "expires": now + 600, "identifier": "j", **changes}
        return issuer.issue(
            options.pop("account", robot), options.pop("audiences", issuer.audiences), **options
        )

    assert (await ask(served, pki, made()))[0] == 201
    assert (await ask(served, pki, made(expires=now - 1)))[0] == 401
    assert (await ask(served, pki, made(now=now + 60)))[0] == 401
    assert (await ask(served, pki, made(audiences=["https://elsewhere"])))[0] == 401
    stranger = {"metadata": {**robot["metadata"], "uid": "other"}}
    assert (await ask(served, pki, made(account=stranger)))[0] == 401
    await served.plane.client.delete(kinds.SERVICE_ACCOUNT, "default", "robot")
    assert (await ask(served, pki, made()))[0] == 401


async def test_wrong_credentials_are_never_nobody(served: Served, pki: Pki, robot: Obj) -> None:
    connector = aiohttp.TCPConnector(ssl=client_context(pki, certificate=False))
    headers = {"Authorization": "Bearer wrong"}
    async with (
        aiohttp.ClientSession(connector=connector, timeout=SOON, headers=headers) as session,
        session.get(f"{served.url}/healthz") as answer,
    ):
        assert answer.status == 401


async def test_a_browsers_web_socket_brings_its_token_among_the_protocols(
    served: Served, pki: Pki, robot: Obj
) -> None:
    token = (await requested(served))["status"]["token"]
    path = "/api/v1/namespaces/default/pods/p/exec?command=ls&stdout=true"
    connector = aiohttp.TCPConnector(ssl=client_context(pki, certificate=False))
    async with aiohttp.ClientSession(connector=connector, timeout=SOON) as session:
        for sent, status in ((token, 403), ("forged", 401)):
            encoded = base64.urlsafe_b64encode(sent.encode()).rstrip(b"=").decode()
            protocols = f"v5.channel.k8s.io, base64url.bearer.authorization.k8s.io.{encoded}"
            headers = {"Sec-WebSocket-Protocol": protocols}
            async with session.get(served.url + path, headers=headers) as answer:
                assert answer.status == status


async def test_reviewing_tokens(served: Served, robot: Obj) -> None:
    async def review(token: str, *audiences: str) -> Any:
        spec = {"token": token, "audiences": list(audiences)}
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": spec}
        path = "/apis/authentication.k8s.io/v1/tokenreviews"
        return (await served.json("POST", path, json=body, status=201))["status"]

    token = (await requested(served, audiences=["vault"]))["status"]["token"]
    told = await review(token, "vault", "other")
    assert (told["authenticated"], told["audiences"]) == (True, ["vault"])
    assert told["user"]["username"] == SUBJECT
    refused = await review(token)
    assert "authenticated" not in refused
    assert 'token audiences ["vault"] is invalid for the target audiences' in refused["error"]
    assert (await review("nonsense"))["error"] == "invalid bearer token"


async def test_the_public_key_is_published(served: Served, robot: Obj, issuer: TokenIssuer) -> None:
    document = await served.json("GET", "/.well-known/openid-configuration")
    assert document["issuer"] == issuer.issuer
    assert document["jwks_uri"] == f"{served.url}/openid/v1/jwks"
    keys = jwt.PyJWKSet.from_dict(await served.json("GET", "/openid/v1/jwks"))
    token = (await requested(served))["status"]["token"]
    key = keys[jwt.get_unverified_header(token)["kid"]]
    assert jwt.decode(token, key, algorithms=["ES256"], audience=issuer.issuer, options={"verify_exp": False})


async def test_bootstrap_tokens(served: Served, pki: Pki, robot: Obj) -> None:
    plane, data = served.plane, {
        "token-id": "abcdef", "token-secret": "0123456789abcdef", "usage-bootstrap-authentication": "true",
        "auth-extra-groups": "system:bootstrappers:workers",
        "expiration": timestamp(served.plane.clock.now() + timedelta(hours=1)),
    }  # fmt: skip
    secret = {
        "metadata": {"name": "bootstrap-token-abcdef", "namespace": "kube-system"},
        "type": "bootstrap.kubernetes.io/token", "stringData": data,
    }  # fmt: skip
    await plane.client.create(kinds.SECRET, secret)
    status, who = await ask(served, pki, "abcdef.0123456789abcdef")
    assert (status, who["username"]) == (201, "system:bootstrap:abcdef")
    assert who["groups"] == ["system:bootstrappers", "system:bootstrappers:workers", "system:authenticated"]
    assert (await ask(served, pki, "abcdef.0123456789abcdee"))[0] == 401
    past = base64.b64encode(timestamp(plane.clock.now() - timedelta(seconds=1)).encode()).decode()
    patch = {"data": {"expiration": past}}
    await plane.client.patch(kinds.SECRET, "kube-system", "bootstrap-token-abcdef", patch)
    assert (await ask(served, pki, "abcdef.0123456789abcdef"))[0] == 401


async def test_tokens_of_a_file(served: Served, pki: Pki, tmp_path: Path) -> None:
    path = tmp_path / "tokens.csv"
    path.write_text('s3cret,jane,42,"devs,ops"\n\nother,tom,43\n')
    served.plane.api.authenticator = Authenticator([TokenFile.read(path)])
    _, who = await ask(served, pki, "s3cret")
    assert who == {"username": "jane", "uid": "42", "groups": ["devs", "ops", "system:authenticated"]}
    assert (await ask(served, pki, "s3cre"))[0] == 401
    for audiences, known in (
        ([], True),
        (["https://kubernetes.default.svc.cluster.local"], True),
        (["x"], False),
    ):
        spec = {"token": "s3cret", "audiences": audiences}
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": spec}
        told = await served.json("POST", "/apis/authentication.k8s.io/v1/tokenreviews", json=body, status=201)
        assert told["status"].get("authenticated", False) is known


@pytest.mark.parametrize(
    ("text", "why"),
    [("a,b", "1: a token, a user name and a user uid are needed, not 2 fields"),
     ("ok,u,1\n,u,1", "2: the token is empty"), ("t,u,1\nt,v,2", "2: the token was given before")],
)  # fmt: skip
def test_token_files_that_cannot_be(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "tokens.csv"
    path.write_text(text)
    with pytest.raises(BadTokenFile, match=why):
        TokenFile.read(path)


def test_the_signing_key_is_kept_and_private(tmp_path: Path) -> None:
    path = tmp_path / "pki" / "sa.key"
    key = ensure_signing_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert ensure_signing_key(path).identifier == key.identifier
    path.write_text("broken")
    assert ensure_signing_key(path).identifier != key.identifier


# Impersonation


async def test_who_may_act_as_whom(served: Served, pki: Pki, robot: Obj) -> None:
    plane = served.plane
    token = (await requested(served))["status"]["token"]
    status, body = await ask(served, pki, token, **{"Impersonate-User": "jane"})
    assert status == 403
    assert body["message"] == (
        f'users "jane" is forbidden: User "{SUBJECT}" cannot impersonate resource "users" in API group "" '
        "at the cluster scope"
    )
    rules = [
        {"verbs": ["impersonate"], "apiGroups": [""], "resources": ["users", "groups"],
         "resourceNames": ["jane", "devs"]},
        {"verbs": ["impersonate"], "apiGroups": ["authentication.k8s.io"], "resources": ["userextras/scopes"],
         "resourceNames": ["view"]},
    ]  # fmt: skip
    await plane.client.create(kinds.CLUSTER_ROLE, {"metadata": {"name": "act"}, "rules": rules})
    await plane.client.create(kinds.CLUSTER_ROLE_BINDING, {
        "metadata": {"name": "act"}, "roleRef": {"kind": "ClusterRole", "name": "act"},
        "subjects": [{"kind": "ServiceAccount", "name": "robot", "namespace": "default"}],
    })  # fmt: skip
    as_jane = {"Impersonate-User": "jane", "Impersonate-Group": "devs", "Impersonate-Extra-Scopes": "view"}
    status, who = await ask(served, pki, token, **as_jane)
    assert who == {
        "username": "jane",
        "groups": ["devs", "system:authenticated"],
        "extra": {"scopes": ["view"]},
    }
    beyond = {"User": "root", "Group": "system:masters", "Uid": "1", "Extra-Scopes": "all"}
    for wrong in ({**as_jane, f"Impersonate-{header}": value} for header, value in beyond.items()):
        assert (await ask(served, pki, token, **wrong))[0] == 403
    assert (await ask(served, pki, token, **{"Impersonate-Group": "devs"}))[0] == 500


async def test_acting_as_an_account_puts_one_into_its_groups(served: Served) -> None:
    headers = {"Impersonate-User": "system:serviceaccount:kube-system:x"}
    told = await served.json("POST", WHO, json=REVIEW, headers=headers, status=201)
    assert told["status"]["userInfo"]["groups"] == [
        "system:serviceaccounts", "system:serviceaccounts:kube-system", "system:authenticated",
    ]  # fmt: skip
    await served.json("GET", CONFIG_MAPS, headers=headers, status=403)


# Reviews


async def test_access_reviews(served: Served) -> None:
    async def review(kind: str, spec: Obj, *, namespace: str = "", status: int = 201) -> Any:
        body: Obj = {"apiVersion": "authorization.k8s.io/v1", "kind": kind, "spec": spec}
        where = f"namespaces/{namespace}/" if namespace else ""
        path = f"/apis/authorization.k8s.io/v1/{where}{kind.lower()}s"
        return await served.json("POST", path, json=body, status=status)

    asked = {"resourceAttributes": {"verb": "get", "resource": "pods", "namespace": "default"}}
    assert (await review("SelfSubjectAccessReview", asked))["status"] == {"allowed": True}
    jane = {**asked, "user": "jane", "groups": ["system:authenticated"]}
    assert (await review("SubjectAccessReview", jane))["status"] == {"allowed": False}
    path = {"verb": "get", "path": "/healthz"}
    seen = {"nonResourceAttributes": path, "user": "x", "groups": ["system:authenticated"]}
    told = (await review("SubjectAccessReview", seen))["status"]
    assert told["allowed"]
    assert 'RBAC: allowed by ClusterRoleBinding "system:' in told["reason"]
    assert (await review("LocalSubjectAccessReview", jane, namespace="default"))["status"]["allowed"] is False
    refused = await review("LocalSubjectAccessReview", jane, namespace="kube-system", status=422)
    assert "must match metadata.namespace" in refused["message"]
    refused = await review("SubjectAccessReview", asked, status=422)
    assert "at least one of user or group must be specified" in refused["message"]
    refused = await review("SelfSubjectAccessReview", {}, status=422)
    assert "exactly one of nonResourceAttributes or resourceAttributes" in refused["message"]
    rules = (await review("SelfSubjectRulesReview", {"namespace": "default"}))["status"]
    assert rules["incomplete"] is False
    assert rules["nonResourceRules"] == [{"verbs": ["*"], "nonResourceURLs": ["*"]}]
    await served.json("GET", "/apis/authorization.k8s.io/v1/subjectaccessreviews", status=405)
