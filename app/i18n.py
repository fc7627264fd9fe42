"""Languages: which one a request is answered in, and the catalogue, compiled in memory from its .po file.

English source texts are the keys; Chinese stands in `translations/zh/LC_MESSAGES/messages.po`. A request's language is
`?lang=` (kept in the session), else the session's, else the user's, else what the browser asks for, else Chinese.
"""

import hashlib
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from apiflask import APIBlueprint, APIFlask
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Response, current_app, g, has_app_context, json, request, session
from flask_babel import Babel, Domain, get_locale
from flask_login import current_user

from app.days import CHINA
from app.security import public

LANGUAGES = ("zh", "en")
DEFAULT = "zh"
TIMEZONE = CHINA
"""Where a day begins and ends."""
CATALOGUES = Path(__file__).parent / "translations"

bp = APIBlueprint("i18n", __name__, enable_openapi=False)


def install(app: APIFlask) -> None:
    """Translate every text of a request from the catalogue."""
    babel = Babel()
    babel.init_app(app, default_locale=DEFAULT, default_timezone=TIMEZONE.key, locale_selector=language)
    babel.domain_instance = _Catalogue()
    app.jinja_env.globals["language"] = language
    app.register_blueprint(bp)


def language() -> str:
    """The language of this request, "zh" or "en"."""
    asked = request.args.get("lang")
    if asked in LANGUAGES:
        if session.get("language") != asked and "Authorization" not in request.headers:
            session["language"] = asked
        return asked
    for known in (session.get("language"), getattr(current_user, "language", None)):
        if known in LANGUAGES:
            return str(known)
    return request.accept_languages.best_match(LANGUAGES, default=DEFAULT)


@bp.get("/i18n/<any(zh, en):lang>.json")
@public
def catalogue(lang: str) -> Response:
    """The catalogue {English text: translation} for the browser's `t()` and `tn()`."""
    text = _as_json(lang, _modified(lang))
    response = current_app.response_class(text, mimetype="application/json")
    response.headers["Cache-Control"] = "public, no-cache"
    response.set_etag(hashlib.sha256(text.encode()).hexdigest()[:20])
    response.make_conditional(request)
    return response


class _Catalogue(Domain):  # type: ignore[misc]
    """The catalogue of the request's language, without any .mo file on disk."""

    def get_translations(self) -> NullTranslations:
        locale = get_locale()
        lang = locale.language if locale else DEFAULT  # our languages have no other part
        return _compiled(lang, _modified(lang))


def _file(lang: str) -> Path:
    return CATALOGUES / lang / "LC_MESSAGES/messages.po"


def _modified(lang: str) -> int:
    """When the catalogue was written, in ns since 1970: a new text is seen without a restart; 0 where there is none.

    Looked up once for each request, for it may have dozens of texts.
    """
    known: dict[str, int] = g.setdefault("catalogues", {}) if has_app_context() else {}
    if lang not in known:
        file = _file(lang)
        known[lang] = file.stat().st_mtime_ns if file.exists() else 0
    return known[lang]


@lru_cache(maxsize=4)
def _compiled(lang: str, modified: int) -> NullTranslations:
    if not modified:
        return NullTranslations()
    compiled = BytesIO()
    with _file(lang).open("rb") as file:
        write_mo(compiled, read_po(file, locale=lang))
    compiled.seek(0)
    return Translations(compiled)


@lru_cache(maxsize=4)
def _as_json(lang: str, modified: int) -> str:
    if not modified:
        return "{}"
    with _file(lang).open("rb") as file:
        entries = [(entry.id, entry.string) for entry in read_po(file, locale=lang)]
    # What is counted stands under its singular; Chinese has one form for all numbers.
    told = [(source, target) for source, target in entries if source and target]
    return json.dumps(dict((one, to) if isinstance(one, str) else (one[0], to[0]) for one, to in told))
