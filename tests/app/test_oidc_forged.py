"""What a provider says is believed only where it has signed it, for us, now, for this log-in."""

import base64
import hashlib
import hmac
import json
import time
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey
from sqlalchemy import text

from app.accounts import identities
from app.accounts.models import Role
from app.accounts.oidc import Provider, says_twice
from tests.app.people import id_of
from tests.app.test_outgoing import Site, say
from tests.fixtures.oidc import CLIENT, SECRET

SUBJECT = "u-1024"
ME = "/api/v1/me"
KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
OTHER = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
CURVE = ECKey.generate_key("P-256", {"kid": "two"})


def public(key):
    """What everybody may know of a key."""
    return key.as_dict(private=False)


class Forger:
    """A provider that serves whatever a test gives it."""

    def __init__(self):
        self.site = Site("127.0.0.1", 0, self.answer, None)
        self.issuer = f"http://127.0.0.1:{self.site.port}"
        self.set_up()

    def set_up(self):
        endpoints = {"authorization_endpoint": "/auth", "token_endpoint": "/token", "jwks_uri": "/jwks"}
        self.metadata = {"issuer": self.issuer, **{name: self.issuer + path for name, path in endpoints.items()}}
        self.keys = [public(KEY), public(CURVE)]
        self.token = lambda _claims: {}
        self.claims = {}
        self.status = 200
        self.asked = []

    def answer(self, handler):
        path = urlsplit(handler.path).path
        sent = handler.rfile.read(int(handler.headers.get("Content-Length") or 0)).decode()
        self.asked.append((path, handler.headers, {name: each[0] for name, each in parse_qs(sent).items()}))
        content = {
            "/.well-known/openid-configuration": lambda: self.metadata,
            "/jwks": lambda: {"keys": self.keys},
            "/token": lambda: self.token(self.claims),
        }[path]()
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        say(handler, body, self.status if path == "/token" else 200, Content_Type="application/json")


@pytest.fixture(scope="module")
def the_forger():
    made = Forger()
    yield made
    made.site.close()


@pytest.fixture(scope="module")
def forged_app(app_with, the_forger):
    return app_with(the_forger.issuer)


@pytest.fixture
def forger(the_forger, forged_app, monkeypatch):
    """The forger, of whom nothing is known yet."""
    the_forger.set_up()
    monkeypatch.setitem(forged_app.extensions, "oidc", Provider(forged_app.extensions["oidc"]._given))
    return the_forger


@pytest.fixture
def client(forged_app, forger, session):
    """Somebody who is connected with SUBJECT."""
    identities.connect(session, None, id_of(session, Role.COORDINATOR), issuer=forger.issuer, subject=SUBJECT)
    session.commit()
    return forged_app.test_client()


def signed(claims, key=KEY, alg="RS256", **header):
    return signed_bytes(json.dumps(claims).encode(), key, {"alg": alg, "kid": key.kid, **header})


def signed_bytes(content, key=KEY, header=None):
    header = header or {"alg": "RS256", "kid": "one"}
    return jws.serialize_compact(header, content, key, algorithms=[header["alg"]])


def by_hand(claims, header, sign):
    """A token whose signature `sign` makes."""
    parts = [_encoded(json.dumps(part).encode()) for part in (header, claims)]
    return ".".join([*parts, _encoded(sign(".".join(parts).encode()))])


def _encoded(content):
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def hs256(claims, secret, **header):
    sign = lambda content: hmac.new(secret, content, hashlib.sha256).digest()  # noqa: E731
    return by_hand(claims, {"alg": "HS256", "typ": "JWT", **header}, sign)


def good(claims):
    return {"access_token": "a", "token_type": "Bearer", "id_token": signed(claims)}


def enter(client, forger, make=good, **query):
    """The answer to a log-in for which the forger gives what `make` makes of good claims."""
    address = client.get("/login/oidc").headers["Location"]
    asked = {name: each[0] for name, each in parse_qs(urlsplit(address).query).items()}
    now = int(time.time())
    forger.claims = {
        "iss": forger.issuer, "sub": SUBJECT, "aud": CLIENT, "exp": now + 300, "iat": now, "nonce": asked["nonce"],
    }  # fmt: skip
    forger.token = make
    return client.get("/login/oidc/return", query_string={"state": asked["state"], "code": "c", **query})


def refused(answer, client, status=401):
    assert answer.status_code == status, answer.headers.get("Location")
    assert ("未通过校验" if status == 401 else "暂时无法连接") in answer.text
    return client.get(ME).status_code == 401


@pytest.mark.parametrize(("key", "alg"), [(KEY, "RS256"), (KEY, "PS256"), (KEY, "RS512"), (CURVE, "ES256")])
def test_what_is_signed_with_a_kept_algorithm_is_taken(key, alg, client, forger):
    answer = enter(client, forger, lambda claims: {**good(claims), "id_token": signed(claims, key, alg)})
    assert answer.status_code == 302
    assert client.get(ME).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"exp": 1},
        {"exp": None},
        {"exp": "tomorrow"},
        {"iat": 2**40},
        {"iat": None},
        {"nbf": 2**40},
        {"aud": "another"},
        {"aud": ["another"]},
        {"aud": []},
        {"aud": None},
        {"aud": [CLIENT, "another"]},  # and no azp
        {"azp": "another"},
        {"iss": "https://evil.test"},
        {"iss": None},
        {"sub": None},
        {"sub": ""},
        {"sub": 1024},
        {"sub": "x" * 256},
        {"sub": "u\0"},
        {"sub": "\ud800"},
        {"at_hash": "another"},
        {"amr": "mfa"},
    ],
)
def test_claims_that_are_not_for_this_log_in_are_refused(change, client, forger):
    def make(claims):
        forged = {name: value for name, value in (claims | change).items() if value is not None}
        return {**good(claims), "id_token": signed(forged)}

    assert refused(enter(client, forger, make), client)


PUBLIC = KEY.as_pem(private=False)
FORGED = {
    "alg none": lambda claims: by_hand(claims, {"alg": "none"}, lambda _: b""),
    "alg None": lambda claims: by_hand(claims, {"alg": "None", "kid": "one"}, lambda _: b""),
    "no alg": lambda claims: by_hand(claims, {"kid": "one"}, lambda _: b""),
    "HS256 with the public key": lambda claims: hs256(claims, PUBLIC, kid="one"),
    "HS256 with the client's secret": lambda claims: hs256(claims, SECRET.encode()),
    "another key": lambda claims: signed(claims, OTHER),
    "a key of its own in the header": lambda claims: signed(claims, OTHER, jwk=OTHER.as_dict(private=False)),
    "no kid among several keys": lambda claims: by_hand(claims, {"alg": "RS256"}, lambda _: b"x"),
    "an unknown kid": lambda claims: signed(claims, OTHER, kid="three"),
    "a key of another kind": lambda claims: by_hand(claims, {"alg": "RS256", "kid": "two"}, lambda _: b"x"),
    "changed after signing": lambda claims: _changed(signed(claims), sub="u-1"),
    "no signature": lambda claims: signed(claims).rpartition(".")[0] + ".",
    "something critical": lambda claims: by_hand(
        claims, {"alg": "RS256", "kid": "one", "crit": ["x"], "x": 1}, lambda _: b"x"
    ),
    "a list": lambda _: signed_bytes(b"[]"),
    "no JSON": lambda _: signed_bytes(b"{"),
    "deep JSON": lambda _: signed_bytes(b"[" * 100_000),
    "nothing": lambda _: "",
    "no token": lambda _: "a.b",
    "no text": lambda _: 7,
    "none": lambda _: None,
}


def _changed(token, **claims):
    header, payload, signature = token.split(".")
    content = json.loads(base64.urlsafe_b64decode(payload + "=="))
    return f"{header}.{_encoded(json.dumps(content | claims).encode())}.{signature}"


@pytest.mark.parametrize("name", FORGED)
def test_what_the_provider_has_not_signed_is_refused(name, client, forger):
    assert refused(enter(client, forger, lambda claims: {**good(claims), "id_token": FORGED[name](claims)}), client)


def test_the_only_key_needs_no_name(client, forger):
    forger.keys = [public(KEY)]
    nameless = lambda claims: signed_bytes(json.dumps(claims).encode(), header={"alg": "RS256"})  # noqa: E731
    assert enter(client, forger, lambda claims: {**good(claims), "id_token": nameless(claims)}).status_code == 302


def test_a_secret_among_the_keys_opens_nothing(client, forger):
    secret = b"a secret of 32 bytes for HS256 !"
    forger.keys.append({"kty": "oct", "kid": "shared", "k": _encoded(secret)})
    make = lambda claims: {**good(claims), "id_token": hs256(claims, secret, kid="shared")}  # noqa: E731
    assert refused(enter(client, forger, make), client)


def test_a_new_key_of_the_provider_is_fetched(client, forger):
    assert enter(client, forger).status_code == 302
    new = RSAKey.generate_key(2048, {"kid": "new"})
    forger.keys = [public(new)]
    second = client.application.test_client()
    make = lambda claims: {**good(claims), "id_token": signed(claims, new)}  # noqa: E731
    assert enter(second, forger, make).status_code == 302
    assert [path for path, _, _ in forger.asked].count("/.well-known/openid-configuration") == 1
    assert [path for path, _, _ in forger.asked].count("/jwks") == 2


def test_the_answer_of_another_provider_is_refused(client, forger):
    assert enter(client, forger, iss=forger.issuer).status_code == 302
    other = client.application.test_client()
    assert refused(enter(other, forger, iss="https://evil.test"), other)
    assert [path for path, _, _ in forger.asked].count("/token") == 1
    forger.metadata["authorization_response_iss_parameter_supported"] = True
    client.application.extensions["oidc"]._metadata.forget()
    assert refused(enter(other, forger), other)
    assert [path for path, _, _ in forger.asked].count("/token") == 1


@pytest.mark.parametrize(("methods", "basic"), [
    (None, True), (["client_secret_post", "client_secret_basic"], True), (["client_secret_post"], False),
])  # fmt: skip
def test_the_secret_goes_to_the_token_endpoint_and_nowhere_else(methods, basic, client, forger):
    if methods:
        forger.metadata["token_endpoint_auth_methods_supported"] = methods
    address = client.get("/login/oidc").headers["Location"]
    assert enter(client, forger).status_code == 302
    (headers, sent), = [(headers, sent) for path, headers, sent in forger.asked if path == "/token"]  # fmt: skip
    assert sent["grant_type"] == "authorization_code"
    assert len(sent["code_verifier"]) >= 43
    if basic:
        pair = base64.b64encode(b"wangge:a+secret+of+100+%25+%2B+more").decode()
        assert headers["Authorization"] == f"Basic {pair}"
        assert "client_secret" not in sent
    else:
        assert sent["client_secret"] == SECRET
        assert headers["Authorization"] is None
    everything = address + "".join(str(headers) + str(sent) for path, headers, sent in forger.asked if path != "/token")
    assert SECRET not in everything


@pytest.mark.parametrize(("status", "content", "told"), [
    (400, {"error": "invalid_grant"}, 401),
    (401, {"error": "invalid_client", "error_description": "x" * 1000}, 401),
    (200, {"error": {"not": "a text"}}, 401),
    (200, {}, 401),
    (200, [], 503),
    (200, b"<html>", 503),
    (500, {}, 503),
    (429, b"wait", 503),
    (302, {}, 503),
    (200, b"[" * 100_000, 503),
    (200, b"x" * (2**20 + 1), 503),
])  # fmt: skip
def test_a_provider_that_gives_no_token_is_a_sentence(status, content, told, client, forger):
    forger.status = status
    assert refused(enter(client, forger, lambda _: content), client, told)


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://evil.test"},
        {"issuer": None},
        {"token_endpoint": None},
        {"token_endpoint": "https://evil.test/token"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": "http://127.0.0.1/\r\nX: y"},
        {"jwks_uri": ["http://127.0.0.1/"]},
    ],
)
def test_a_provider_that_describes_itself_wrongly_is_not_used_and_not_asked_again_at_once(metadata, client, forger):
    forger.metadata |= metadata
    for _ in range(3):
        assert refused(client.get("/login/oidc"), client, 503)
    assert len(forger.asked) == 1


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{", b"[" * 100_000, b'{"issuer": NaN}', b'{"a": 1, "a": 2}', b"\xff"]
)
def test_a_description_that_cannot_be_read_is_a_sentence(content, client, forger):
    forger.metadata = content
    assert refused(client.get("/login/oidc"), client, 503)


@pytest.mark.parametrize("keys", [[], [{"kty": "new"}], [{"kty": "RSA"}], [{"kty": "RSA", "n": 1, "e": 2}], [7]])
def test_keys_that_cannot_be_read_are_a_sentence(keys, client, forger):
    forger.keys = keys
    assert refused(enter(client, forger), client, 503)


def test_a_host_that_the_server_may_not_contact_gets_no_code(client, forger):
    forger.metadata["token_endpoint"] = "http://127.0.0.2:9/token"  # noqa: S105
    assert refused(enter(client, forger), client, 503)


def test_a_secret_that_cannot_be_read_is_a_sentence(client, forger, monkeypatch, tmp_path):
    extensions = client.application.extensions
    given = replace(extensions["oidc"]._given, secret_file=tmp_path / "none")
    monkeypatch.setitem(extensions, "oidc", Provider(given))
    assert refused(enter(client, forger), client, 503)


def test_many_answers_that_prove_nobody_wait(client, forger, session):
    bad = lambda _: {}  # noqa: E731
    statuses = [enter(client, forger, bad).status_code for _ in range(31)]
    assert statuses == [401] * 30 + [429]
    session.execute(text("UPDATE attempts SET last_at = now() - interval '61 minutes'"))
    session.commit()
    assert enter(client, forger).status_code == 302


def test_two_factors_are_told_by_the_usual_words():
    for claims in ({"amr": ["mfa"]}, {"amr": ["pwd", "otp"]}, {"amr": ["pin", "hwk"]}, {"acr": "phrh"}):
        assert says_twice(claims), claims
    alone = ({}, {"amr": None}, {"amr": ["pwd"]}, {"amr": ["otp"]}, {"amr": ["pwd", "pin"]}, {"amr": [{}, ["mfa"]]})
    for claims in (*alone, {"acr": ["phr"]}, {"acr": "0"}):
        assert not says_twice(claims), claims
