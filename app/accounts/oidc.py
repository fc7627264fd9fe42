"""Log-in by an OpenID Connect provider: the code flow with PKCE, begun and ended in the same browser.

The provider proves a subject, and nothing else of what it says is used: no e-mail address, no name. Whose subject that
is stands in `identities`.
"""

import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import Lock
from typing import Any, Generic, NamedTuple, NoReturn, TypeVar
from urllib.parse import quote_plus, urlsplit

from apiflask import APIFlask
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from flask import current_app, url_for
from flask import session as cookie
from flask_babel import gettext
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from app.accounts.identities import usable
from app.errors import DomainError, NotFound, Unauthorised, Unavailable
from app.i18n import language
from app.incoming import read_json
from app.outgoing import guard
from app.settings import OpenIdProvider, Settings

METHOD = "oidc"
PENDING = "oidc"  # the place in the cookie of what was begun
LONGEST = 600  # seconds from the beginning of a log-in to its end
KEPT = 300.0  # seconds that the provider's documents are kept
SILENT = 10.0  # seconds in which a provider that failed is not asked again
LEEWAY = 30  # seconds that its clock may differ from ours
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""What may sign: no "none", and nothing with a secret, for a provider's public key is no secret."""
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
LOCALES = {"zh": "zh-CN", "en": "en"}

# How somebody has proven who they are: RFC 8176, and the usual classes for two factors.
KNOWN, OWNED = frozenset({"pwd", "pin", "kba"}), frozenset({"otp", "hwk", "swk", "sc", "pop", "sms", "tel"})
TWO_FACTORS = (
    "phr",
    "phrh",
    "https://refeds.org/profile/mfa",
    "http://schemas.openid.net/pape/policies/2007/06/multi-factor",
)

Content = TypeVar("Content")


class Begun(NamedTuple):
    """A log-in that this browser has begun; `connects` is the session whose user wants to be known by it."""

    state: str
    nonce: str
    verifier: str
    at: int  # seconds since 1970
    next_page: str
    connects: int | None = None


class Proof(NamedTuple):
    """Whom the provider has proven, and whether by two factors."""

    subject: str
    twice: bool


class Kept(Generic[Content]):
    """A document of the provider. One thread at a time asks for it, and after a failure nobody for some seconds."""

    def __init__(self) -> None:
        """Nothing yet."""
        self._lock = Lock()
        self._until = 0.0
        self._content: Content | None = None

    def get(self, fetch: Callable[[], Content]) -> Content:
        """The content, fetched where it is old; Unavailable where it cannot be had."""
        with self._lock:
            if time.monotonic() >= self._until:
                self._content, self._until = None, time.monotonic() + SILENT
                self._content = fetch()
                self._until = time.monotonic() + KEPT
            if self._content is None:
                raise Unavailable(_silent())
            return self._content

    def forget(self) -> None:
        """Let the next one fetch it."""
        self._until = 0.0


class Provider:
    """The provider of the settings."""

    def __init__(self, given: OpenIdProvider) -> None:
        """Ask it for nothing yet."""
        self._given = given
        self._metadata = Kept[dict[str, Any]]()
        self._keys = Kept[KeySet]()

    @property
    def issuer(self) -> str:
        """Its own name, for programs."""
        return self._given.issuer

    @property
    def name(self) -> str:
        """What people call it."""
        return self._given.name or str(gettext("single sign-on"))

    def begin(self, *, next_page: str, connects: int | None = None) -> str:
        """The provider's address for a log-in that this browser begins; Unavailable where the provider is down."""
        metadata = self.metadata()
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        begun = Begun(state, nonce, verifier, int(time.time()), next_page, connects)
        address, _ = self._session().create_authorization_url(
            metadata["authorization_endpoint"],
            state=begun.state,
            nonce=begun.nonce,
            code_verifier=begun.verifier,
            ui_locales=LOCALES[language()],
            # Whoever connects says there who they are, whoever used this browser before.
            **({"prompt": "login"} if connects else {}),
        )
        cookie[PENDING] = begun
        return str(address)

    def prove(self, answer: Mapping[str, str], begun: Begun) -> Proof:
        """Whom the provider's answer proves.

        Unauthorised where it proves nobody, Unavailable where the provider is down.
        """
        metadata = self.metadata()
        promised = metadata.get("authorization_response_iss_parameter_supported") is True
        if answer.get("iss", None if promised else self.issuer) != self.issuer:
            self._refuse("the answer is not this provider's")
        if "error" in answer:
            raise Unauthorised(gettext("%(name)s did not let you in.", name=self.name))
        claims = self._claims(self._token(metadata, answer.get("code", ""), begun), begun)
        subject = claims["sub"]
        if not usable(subject):
            self._refuse("the subject cannot be used")
        return Proof(subject, self._given.asks_twice and says_twice(claims))

    def metadata(self) -> dict[str, Any]:
        """What the provider says of itself; Unavailable where it does not."""
        return self._metadata.get(self._read_metadata)

    def _read_metadata(self) -> dict[str, Any]:
        with self._asking():
            found = self._read(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
            if found.get("issuer") != self.issuer:
                raise ValueError("it says that its issuer is another one")
            scheme = urlsplit(self.issuer).scheme
            for name in ENDPOINTS:
                address = str(found.get(name))
                if urlsplit(address).scheme != scheme or not address.isascii() or not address.isprintable():
                    raise ValueError(f"its {name} cannot be used")
            return found

    def _read_keys(self) -> KeySet:
        with self._asking():
            try:
                return KeySet.import_key_set(self._read(self.metadata()["jwks_uri"]))  # type: ignore[arg-type]
            except (JoseError, KeyError, TypeError, AttributeError) as error:
                raise ValueError("its keys cannot be read") from error

    def _read(self, address: str) -> dict[str, Any]:
        """The JSON object at an address of the provider."""
        answer = self._session().get(address, withhold_token=True)
        answer.raise_for_status()
        content = read_json(answer.content)
        if not isinstance(content, dict):
            raise TypeError("it does not answer with an object")
        return content

    def _token(self, metadata: Mapping[str, Any], code: str, begun: Begun) -> Mapping[str, Any]:
        """What the provider gives for the code, once."""
        with self._asking():
            session, secret = self._session(), self._given.secret_file.read_text().strip()
            session.client_secret = secret
            methods = metadata.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
            # Authlib does not encode the two as RFC 6749 (2.3.1) asks for.
            basic = quote_plus(self._given.client_id), quote_plus(secret)
            try:
                found: dict[str, Any] = session.fetch_token(
                    metadata["token_endpoint"],
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=begun.verifier,
                    redirect_uri=session.redirect_uri,
                    auth=basic if "client_secret_basic" in methods else None,
                )
            except OAuthError as error:
                self._refuse(f"it says {str(error.error)[:50]!r}")
            return found

    def _claims(self, token: Mapping[str, Any], begun: Begun) -> Mapping[str, Any]:
        """The claims of the ID token, each of them checked."""
        given = token.get("id_token")
        if not isinstance(given, str):
            self._refuse("there is no ID token")
        try:
            read = self._verified(given)
            claims = CodeIDToken(
                read.claims,
                read.header,
                {"iss": {"essential": True, "value": self.issuer}, "aud": {"value": self._given.client_id}},
                {"client_id": self._given.client_id, "nonce": begun.nonce, "access_token": token.get("access_token")},
            )
            claims.validate(leeway=LEEWAY)
        except (JoseError, ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
            self._refuse(f"the ID token is not good: {type(error).__name__}")
        return dict(claims)

    def _verified(self, given: str) -> jwt.Token:
        """The ID token, which the provider has signed; its keys are fetched anew where it has a new one."""
        try:
            return jwt.decode(given, self._keys.get(self._read_keys), algorithms=ALGORITHMS)
        except InvalidKeyIdError:
            self._keys.forget()
            return jwt.decode(given, self._keys.get(self._read_keys), algorithms=ALGORITHMS)

    def _session(self) -> Any:
        """A session that reaches what the server may contact."""
        session = OAuth2Session(
            self._given.client_id,
            token_endpoint_auth_method="client_secret_post",  # noqa: S106 (the method)
            scope="openid",
            redirect_uri=url_for("oidc.back", _external=True),
            code_challenge_method="S256",
        )
        guard(session)
        return session

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Around a call to the provider: whatever it fails by is written to the log, and people are told to wait."""
        try:
            yield
        except Unauthorised:
            raise
        except (DomainError, OSError, ValueError, TypeError, RecursionError) as error:
            current_app.logger.warning("the identity provider %s cannot be used: %s", self.issuer, error)
            raise Unavailable(_silent()) from error

    def _refuse(self, reason: str) -> NoReturn:
        """Write down why an answer is not taken, and tell people that it is not."""
        current_app.logger.warning("an answer of the identity provider %s is refused: %s", self.issuer, reason)
        raise Unauthorised(gettext("%(name)s gave an answer that is not taken. Please try again.", name=self.name))


def install(app: APIFlask, settings: Settings) -> None:
    """Keep the provider, where there is one."""
    app.extensions[METHOD] = Provider(settings.oidc) if settings.oidc else None


def provider() -> Provider | None:
    """The provider by which people may log in."""
    found: Provider | None = current_app.extensions[METHOD]
    return found


def needed() -> Provider:
    """The provider; NotFound where there is none."""
    if (found := provider()) is None:
        raise NotFound(gettext("There is nothing here, or not for you."))
    return found


def resume(state: str) -> Begun:
    """The log-in that this browser has begun with the state, which is over with that; DomainError where there is none.

    A stranger's answer ends nothing that the browser has begun.
    """
    found = cookie.get(PENDING)
    begun = Begun(*found) if found else None
    if begun is None or not secrets.compare_digest(begun.state.encode(), state.encode()):
        raise DomainError(gettext("This log-in was not begun in this browser. Please begin again."))
    del cookie[PENDING]
    if not 0 <= time.time() - begun.at <= LONGEST:
        raise DomainError(gettext("This log-in was begun too long ago. Please begin again."))
    return begun


def says_twice(claims: Mapping[str, Any]) -> bool:
    """Whether the provider says that there were two factors."""
    ways = {way for way in claims.get("amr") or () if isinstance(way, str)}
    return "mfa" in ways or bool(ways & KNOWN and ways & OWNED) or claims.get("acr") in TWO_FACTORS


def _silent() -> str:
    return str(gettext("The log-in service does not answer. Please try again in a moment, or use your password."))
