"""The table of speeds by class of road."""

from apiflask import APIBlueprint
from flask import Response, jsonify

from app.accounts.access import identity, needs
from app.accounts.pace import paced
from app.accounts.rights import Capability
from app.db import Session
from app.roads import queries
from app.roads.networks import renew
from app.roads.schemas import SpeedsIn
from app.roads.service import set_speeds
from gis.travel import Speeds

bp = APIBlueprint("roads", __name__, url_prefix="/api/v1", tag="Roads")


@bp.get("/roads/speeds")
@bp.doc(summary="The speeds that travel times are reckoned with")
def speeds() -> Response:
    """Speeds in km/h of each class of road, on foot, by e-bike and by car."""
    with Session.begin() as session:
        return jsonify(queries.speed_rows(session))


@bp.put("/roads/speeds/<road_class>")
@paced(60)
@needs(Capability.EDIT_SPEEDS)
@bp.input(SpeedsIn)
@bp.doc(summary="Set the speeds on a class of road", responses=[404])
def put_speeds(road_class: str, json_data: SpeedsIn) -> Response:
    """The class's speeds now; every zone from here on is reckoned with them."""
    with Session.begin() as session:
        wanted = Speeds(json_data.foot_kph, json_data.ebike_kph, json_data.car_kph)
        row = set_speeds(session, identity(), road_class, wanted)
    renew()
    return jsonify(row)
