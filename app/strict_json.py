"""JSON as this application reads and writes it: finite numbers, storable texts, ISO dates, Chinese as it is."""

import json
from datetime import date, datetime
from typing import Any

from flask.json.provider import DefaultJSONProvider


class StrictJSON(DefaultJSONProvider):
    """Flask's JSON without what PostgreSQL cannot store and without what JSON does not know."""

    ensure_ascii = False
    sort_keys = False
    compact = True

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """The value of `s`; ValueError on NaN, infinities, NUL, half characters and nesting without end."""
        try:
            value = super().loads(s, parse_constant=_refuse, **kwargs)
        except RecursionError:
            raise ValueError("The JSON is nested too deeply.") from None
        text = json.dumps(value, ensure_ascii=False)
        text.encode()  # a lone surrogate raises UnicodeEncodeError, which is a ValueError
        if "\\u0000" in text:
            raise ValueError("The JSON holds a NUL character.")
        return value

    @staticmethod
    def default(o: Any) -> Any:
        """Dates in ISO 8601, everything else as Flask does it."""
        if isinstance(o, date | datetime):
            return o.isoformat()
        return DefaultJSONProvider.default(o)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON.")
