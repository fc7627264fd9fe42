"""What the register's routes take and give."""

from typing import Any

from apiflask import Schema, fields
from apiflask.validators import Length, Range
from marshmallow import post_load

from app.register.service import MAX_NOTE, Wanted
from gis.city import FlagKind

MAX_FLAGS = len(FlagKind)


class PlaceQuery(Schema):
    """A place in degrees (EPSG:4326)."""

    lon = fields.Float(required=True, validate=Range(-180, 180))
    lat = fields.Float(required=True, validate=Range(-85, 85))


class FlagIn(Schema):
    """One wanted flag."""

    kind = fields.Enum(FlagKind, by_value=True, required=True)
    note = fields.String(load_default="", allow_none=True, validate=Length(max=MAX_NOTE))
    expires_on = fields.Date(load_default=None, allow_none=True)

    @post_load
    def wanted(self, data: dict[str, Any], **_kwargs: Any) -> Wanted:
        """The flag as the service takes it."""
        return Wanted(data["kind"], (data["note"] or "").strip(), data["expires_on"])


class FlagsIn(Schema):
    """The whole set of flags that a household shall carry."""

    flags = fields.List(fields.Nested(FlagIn), required=True, validate=Length(max=MAX_FLAGS))


class FlagOut(Schema):
    """A flag in force."""

    kind = fields.String()
    note = fields.String()
    expires_on = fields.String(allow_none=True)


class FlagsOut(Schema):
    """The flags of a household now, and those before, to undo with."""

    household = fields.Integer()
    flags = fields.List(fields.Nested(FlagOut))
    previous = fields.List(fields.Nested(FlagOut))


class FlagKindOut(Schema):
    """A kind of flag: how it is shown and what it is for."""

    kind = fields.String()
    group = fields.String()
    colour = fields.String()
    icon = fields.String()
    label = fields.String()
    purpose = fields.String()
