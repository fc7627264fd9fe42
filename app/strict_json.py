"""JSON as this application writes it: ISO dates, Chinese as it is. How it is read stands in `incoming.py`."""

from datetime import date, datetime
from typing import Any

from flask.json.provider import DefaultJSONProvider


class StrictJSON(DefaultJSONProvider):
    """Flask's JSON, short and readable."""

    ensure_ascii = False
    sort_keys = False
    compact = True

    @staticmethod
    def default(o: Any) -> Any:
        """Dates in ISO 8601, everything else as Flask does it."""
        if isinstance(o, date | datetime):
            return o.isoformat()
        return DefaultJSONProvider.default(o)
