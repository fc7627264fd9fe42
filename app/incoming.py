"""What a request may bring: how large and deep a body, how many fields, texts and numbers, before it is made use of.

Whatever is refused is refused by a sentence that names the field, in a list the place: `geometry.coordinates.7.0`.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

from apiflask import APIFlask
from flask import Request, Response, current_app, request
from flask_babel import gettext

from app.errors import DomainError, Invalid, TooLarge, Unconditional, Unreadable, Unsupported
from app.security import View

LARGEST_BODY = 12 * 2**20  # bytes: a photo of 10 MB and its form
LARGEST_JSON = 64 * 2**10  # bytes
MOST_PARTS = 100  # of a form
MOST_DEPTH = 20  # lists and objects within each other; a MultiPolygon of a Feature takes 7
MOST_FIELDS = 1000  # of all objects of a body together
MOST_NUMBERS = 10_000  # in all lists of a body together: 5,000 points
LARGEST_LIST = 2**20  # bytes of JSON where a route takes lists that are longer than all others
LONGEST_TEXT = 10_000  # characters
LONGEST_NUMBER = 20  # digits of a whole number; PostgreSQL's largest has 19
LONGEST_NAME = 100  # characters of a field's name that a sentence repeats

# Possessive, so that a text without an end is looked at once.
TEXTS = re.compile(rb'"(?:[^"\\]++|\\.)*+\\?+(?:"|\Z)', re.DOTALL)
NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


class Incoming(Request):
    """A request whose JSON and forms are checked while they are read."""

    _value: tuple[Any] | None = None

    def get_json(self, force: bool = False, silent: bool = False, cache: bool = True) -> Any:  # noqa: ARG002
        """The JSON of the body, whoever asks to `force` it: a form posted from elsewhere is never taken for JSON."""
        if not self.is_json:
            raise Unsupported(gettext("Send the body as application/json."), field="Content-Type")
        if self._value is None:
            most = _most()
            self._value = (read_json(self.get_data(cache=cache), most.numbers, most.fields),)
        return self._value[0]

    def _load_form_data(self) -> None:
        super()._load_form_data()
        fields = [*self.form.items(multi=True), *((name, file.filename or "") for name, file in self.files.items())]
        if len(fields) > MOST_PARTS:
            raise TooLarge(gettext("A form may have at most %(most)d fields.", most=MOST_PARTS))
        for name, value in fields:
            if not name:
                raise Unreadable(gettext("Every part of a form needs a name."))
            check_text(name, name)
            check_text(value, name)


def install(app: APIFlask) -> None:
    """Check every request of the application."""
    app.request_class = Incoming
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    app.config["MAX_FORM_PARTS"] = MOST_PARTS
    app.before_request(check_request)
    app.after_request(take_in)


def check_request() -> None:
    """Cap the body before anything reads it, and refuse texts in the address that no table can hold."""
    if request.mimetype != "multipart/form-data":
        request.max_content_length = _most().size
    for name, value in (("path", request.path), *request.args.items(multi=True)):
        check_text(name, name)
        check_text(value, name)


def take_in(response: Response) -> Response:
    """The answer, once what was not read of the request has come in too.

    Otherwise the server closes the connection on a sender that is still sending, who then never sees the answer.
    """
    if request.environ.get("wsgi.input_terminated"):
        body, left = request.environ["wsgi.input"], LARGEST_BODY + 4 * 2**20
        while left > 0 and (chunk := body.read(2**16)):
            left -= len(chunk)
    return response


class Most(NamedTuple):
    """How much a view takes: numbers in lists and fields of objects of a body together, and its bytes."""

    numbers: int = MOST_NUMBERS
    fields: int = MOST_FIELDS
    size: int = LARGEST_JSON


USUAL = Most()


def many_numbers(most: int, *, fields: int = MOST_FIELDS, size: int = LARGEST_LIST) -> Callable[[View], View]:
    """Let a view take a body with up to so many numbers in its lists, of up to a megabyte; or more fields and bytes."""

    def mark(view: View) -> View:
        view.most = Most(most, fields, size)  # type: ignore[attr-defined]
        return view

    return mark


def _most() -> Most:
    """How much the view of this request takes."""
    found: Most = getattr(current_app.view_functions.get(request.endpoint or ""), "most", USUAL)
    return found


def seen_version() -> int:
    """The version that If-Match names of what is to be changed. Unconditional, Invalid."""
    given = request.headers.get("If-Match", "").strip().removeprefix("W/").strip('"')
    if not given:
        raise Unconditional(gettext("Say by If-Match which version you have seen."), field="If-Match")
    if not (given.isascii() and given.isdigit() and len(given) <= len(str(2**31))):
        raise Invalid(gettext("If-Match must be the version that you have seen, like “3”."), field="If-Match")
    return int(given)


def limits() -> str:
    """A sentence about how large this request might have been."""
    if request.mimetype == "multipart/form-data":
        most = current_app.config["MAX_CONTENT_LENGTH"] // 2**20
        return str(gettext("A form may have at most %(size)d MB and %(parts)d fields.", size=most, parts=MOST_PARTS))
    return str(
        gettext("A request may bring at most %(size)d KB.", size=(request.max_content_length or LARGEST_JSON) // 2**10)
    )


def read_json(raw: bytes, most_numbers: int = MOST_NUMBERS, most_fields: int = MOST_FIELDS) -> Any:
    """The value of a body; Unreadable, with a sentence and the field, where it is not JSON or beyond the limits."""
    if depth(raw) > MOST_DEPTH:
        raise Unreadable(gettext("The JSON is nested more than %(most)d deep.", most=MOST_DEPTH))
    try:
        text = raw.decode("utf-8-sig")
        value = json.loads(text, object_pairs_hook=_object, parse_constant=float, parse_int=_whole)
    except UnicodeDecodeError as error:
        raise Unreadable(gettext("The body is not UTF-8: byte %(byte)d.", byte=error.start + 1)) from None
    except json.JSONDecodeError as error:
        where = {"line": error.lineno, "column": error.colno}
        raise Unreadable(gettext("The JSON cannot be read from line %(line)d, column %(column)d.", **where)) from None
    _Check(most_numbers, most_fields).walk(value, "")
    return value


def depth(raw: bytes) -> int:
    """How many lists and objects of a JSON text lie within each other at most; nothing is made of it."""
    deep = deepest = 0
    for bracket in TEXTS.sub(b"", raw).translate(None, NO_BRACKETS):
        deep += 1 if bracket in b"[{" else -1
        deepest = max(deepest, deep)
    return deepest


def check_text(value: str, field: str, error: type[DomainError] = Invalid) -> None:
    """Nothing where a table can hold the text; else `error`, about `field`."""
    if "\0" in value:
        raise _about(field, gettext("A text may not hold a NUL character."), error)
    if not value.isascii() and any("\ud800" <= sign <= "\udfff" for sign in value):
        raise _about(field, gettext("A text may not hold half a character."), error)
    if len(value) > LONGEST_TEXT:
        raise _about(field, gettext("A text may have at most %(most)d characters.", most=LONGEST_TEXT), error)


class _Check:
    """A walk through a read body that counts what is in it."""

    def __init__(self, most_numbers: int, most_fields: int) -> None:
        self._most_numbers, self._most_fields = most_numbers, most_fields
        self._counts: Counter[str] = Counter()

    def walk(self, value: object, path: str) -> None:
        """Refuse texts and numbers that nobody can keep, and more of them than is allowed."""
        match value:
            case dict():
                self._count("fields", len(value), self._most_fields, path)
                for name, inner in value.items():
                    self.walk(inner, f"{path}.{name}" if path else name)
            case list():
                for place, inner in enumerate(value):
                    here = f"{path}.{place}" if path else str(place)
                    if isinstance(inner, int | float):
                        self._count("numbers", 1, self._most_numbers, here)
                    self.walk(inner, here)
            case str():
                check_text(value, path, Unreadable)
            case float() if not math.isfinite(value):
                raise _about(path, gettext("This must be a finite number."), Unreadable)

    def _count(self, what: str, more: int, most: int, path: str) -> None:
        self._counts[what] += more
        if self._counts[what] <= most:
            return
        if what == "fields":
            raise _about(path, gettext("The JSON may have at most %(most)d fields.", most=most), Unreadable)
        raise _about(path, gettext("Lists may hold at most %(most)d numbers together.", most=most), Unreadable)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object of its fields; Unreadable where a field stands twice, for readers differ in which one they take."""
    made = dict(pairs)
    for name in made:
        check_text(name, name, Unreadable)
    if len(made) < len(pairs):
        names = Counter(name for name, _ in pairs)
        raise _about(names.most_common(1)[0][0], gettext("This field stands twice."), Unreadable)
    return made


def _whole(digits: str) -> int | float:
    """The whole number, infinity where it has more digits than anything here counts."""
    return int(digits) if len(digits) <= LONGEST_NUMBER else math.inf


def _about(field: str, sentence: str, error: type[DomainError]) -> DomainError:
    """The error whose sentence begins with the field's name, as those of the schemas do."""
    name = field.encode(errors="replace").decode().replace("\0", "")
    name = name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}…"
    return error(f"{name}: {sentence}" if name else sentence, field=name or None)
