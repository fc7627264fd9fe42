"""JSON as this application writes it: ISO dates, Chinese as it is, arrays of numbers as lists.

How it is read stands in `incoming.py`. orjson writes what it can, which is nearly everything and several times as fast;
the rest (whole numbers past 64 bits, halves of characters) goes the standard library's way.
"""

from datetime import date, datetime
from typing import Any, cast

import numpy as np
import orjson
from flask import Response
from flask.json.provider import DefaultJSONProvider


class StrictJSON(DefaultJSONProvider):
    """Flask's JSON, short and readable."""

    ensure_ascii = False
    sort_keys = False
    compact = True

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        """The value as JSON; `kwargs` are those of `json.dumps`, for whoever needs them."""
        if not kwargs:
            try:
                return orjson.dumps(obj, default=self.default, option=OPTIONS).decode()
            except TypeError:
                pass
        return super().dumps(obj, **{"separators": (",", ":"), **kwargs})

    def response(self, *args: Any, **kwargs: Any) -> Response:
        """An answer that is this value, or an object of these fields."""
        text = self.dumps(self._prepare_response_obj(args, kwargs))
        return cast("Response", self._app.response_class(text, mimetype=self.mimetype))

    @staticmethod
    def default(o: Any) -> Any:
        """Dates in ISO 8601, arrays as lists, everything else as Flask does it."""
        if isinstance(o, date | datetime):
            return o.isoformat()
        if isinstance(o, np.ndarray):
            return o.tolist()
        return DefaultJSONProvider.default(o)


OPTIONS = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATETIME
