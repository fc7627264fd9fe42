"""Which day it is: China's, wherever the server and its database stand. A flag that ends today ends at midnight there.

The private cluster keeps UTC, whose day begins at eight in the morning: `current_date` would hold flags for a night.
"""

from datetime import date, datetime
from zoneinfo import ZoneInfo

CHINA = ZoneInfo("Asia/Shanghai")
TODAY_SQL = f"(now() AT TIME ZONE '{CHINA.key}')::date"
"""Today in a statement: in place of `current_date`, which is the day of the session's time zone."""
DAYS_OF_CHINA = f"SELECT set_config('timezone', '{CHINA.key}', true)"
"""Makes `current_date` China's for the rest of a transaction, for the functions of the database."""


def today() -> date:
    """Today."""
    return datetime.now(CHINA).date()
