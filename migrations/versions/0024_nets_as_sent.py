"""Grids of nets as their files have them: where they lie in lon/lat was written and read by nothing.

Revision ID: 0024
"""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry

revision = "0024"
down_revision: str | None = "0023"

SOUND = (
    "CASE WHEN ST_IsEmpty(geom) OR ST_NPoints(geom) > 50000 THEN false WHEN NOT (ST_XMin(geom) >= -180 "
    "AND ST_XMax(geom) <= 180 AND ST_YMin(geom) >= -85 AND ST_YMax(geom) <= 85) THEN false ELSE ST_IsValid(geom) END"
)


def upgrade() -> None:
    op.drop_column("legacy_grids", "geom")  # with its index and its check


def downgrade() -> None:
    # Empty, as in a net that is not taken: whoever reads a net turns its shapes.
    geom = Geometry("MULTIPOLYGON", srid=4326, dimension=2, spatial_index=False, name="geometry")
    op.add_column("legacy_grids", sa.Column("geom", geom, nullable=True))
    op.create_check_constraint(op.f("ck_legacy_grids_geom_sound"), "legacy_grids", SOUND)
    op.create_geospatial_index("idx_legacy_grids_geom", "legacy_grids", ["geom"], postgresql_using="gist")
