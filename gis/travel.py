"""How fast people and vehicles move: modes, speeds by road class, the climb to a floor. Every figure is an assumption.

No source document says what speed a one-minute circle assumes, so each constant below is shown beside every result.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gis.city import RoadClass

Floats = NDArray[np.float64]

KPH = 1000 / 3600
"""Metres a second in one kilometre an hour."""
WALK = 1.25  # metres a second: brisk adult walk, and the legs between road and door in every mode
CLIMB = 18.0  # seconds a floor by the stairs, with a bag of equipment
LIFT_WAIT = 40.0  # seconds until the lift has come and opened
LIFT = 2.5  # seconds a floor in the lift: about 1.2 metres a second
EMERGENCY = 1.25
"""An emergency vehicle's speed as a multiple of a car's average on the same road.

The law frees fire engines, ambulances and police on a mission from limits and signals (道路交通安全法, article 53), not
from traffic. With lights and siren, runs through a city took a fifth to a third less time (Ho and Casey 1998; Brown
and others 2000): 1.25 is the cautious end. One-way streets stay one-way, for what may come the other way is not known.
"""


class Mode(StrEnum):
    """On foot, on an e-bike, in a car, or in an emergency vehicle on a mission."""

    FOOT = "foot"
    EBIKE = "ebike"
    CAR = "car"
    EMERGENCY = "emergency"


MEASURED = (Mode.FOOT, Mode.EBIKE, Mode.CAR)
"""The modes that have speeds of their own, in the order of `Speeds`."""


class Speeds(NamedTuple):
    """Average speeds on a class of road, waiting at junctions included; km/h."""

    foot_kph: float
    ebike_kph: float
    car_kph: float

    def of(self, mode: Mode) -> float:
        """The speed of `mode`, in km/h."""
        return {
            Mode.FOOT: self.foot_kph,
            Mode.EBIKE: self.ebike_kph,
            Mode.CAR: self.car_kph,
            Mode.EMERGENCY: self.car_kph * EMERGENCY,
        }[mode]


SPEEDS: Mapping[RoadClass, Speeds] = {
    RoadClass.MOTORWAY: Speeds(4.5, 15, 80),
    RoadClass.TRUNK: Speeds(4.5, 18, 55),
    RoadClass.PRIMARY: Speeds(4.5, 18, 40),
    RoadClass.SECONDARY: Speeds(4.5, 18, 35),
    RoadClass.TERTIARY: Speeds(4.5, 18, 30),
    RoadClass.UNCLASSIFIED: Speeds(4.5, 16, 25),
    RoadClass.RESIDENTIAL: Speeds(4.5, 15, 20),
    RoadClass.LIVING_STREET: Speeds(4.5, 12, 10),
    RoadClass.SERVICE: Speeds(4.5, 12, 12),
    RoadClass.TRACK: Speeds(4.5, 10, 12),
    RoadClass.CYCLEWAY: Speeds(4.5, 18, 10),
    RoadClass.PEDESTRIAN: Speeds(4.5, 8, 8),
    RoadClass.FOOTWAY: Speeds(4.5, 8, 8),
    RoadClass.PATH: Speeds(4.5, 8, 8),
    RoadClass.STEPS: Speeds(2.2, 2, 2),
}
"""The table a new database starts with. On foot 1.25 m/s; e-bikes stay under the legal 25 km/h (GB 17761), with
junctions about 18; cars at about half the usual limit of each class, as in daytime city traffic."""


def climb_seconds(floor: ArrayLike, has_lift: ArrayLike, own: ArrayLike = (np.nan, np.nan, np.nan)) -> Floats:
    """Seconds from the entrance to each `floor` (1 is the ground floor, below counts like above), the quicker way.

    `own` (…, 3) are a building's own seconds: a floor by the stairs, waiting for the lift, a floor in it; NaN where the
    defaults hold.
    """
    floors = np.abs(np.asarray(floor, dtype=np.float64) - 1.0)
    figures = np.asarray(own, dtype=np.float64)
    climb, wait, ride = np.moveaxis(np.where(np.isnan(figures), (CLIMB, LIFT_WAIT, LIFT), figures), -1, 0)
    stairs = floors * climb
    lift = np.where(floors > 0, wait + floors * ride, 0.0)
    quicker: Floats = np.where(np.asarray(has_lift, dtype=bool), np.minimum(stairs, lift), stairs)
    return quicker
