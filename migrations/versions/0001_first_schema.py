"""The whole first schema: areas, register, stations, roads, patrols, incidents, accounts, search, imports.

Revision ID: 0001
"""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision: str | None = None

# A change of any of these tables raises the version of its dataset and tells every listener, at commit.
DATASETS = {
    "areas": ("areas", "compounds"),
    "grids": ("grids", "blocks", "posts"),
    "buildings": ("buildings", "entrances", "dwellings", "households"),
    "flags": ("flags",),
    "stations": ("stations",),
    "patrol_routes": ("patrol_routes",),
    "incidents": ("incidents", "incident_photos"),
    "roads": ("road_nodes", "road_edges", "road_speeds"),
    "ground": ("waters", "greens", "railways"),
}

# km/h on foot, by e-bike, by car: starting values that planners edit (`gis.travel.SPEEDS` says where they come from).
SPEEDS = {
    "motorway": (4.5, 15, 80),
    "trunk": (4.5, 18, 55),
    "primary": (4.5, 18, 40),
    "secondary": (4.5, 18, 35),
    "tertiary": (4.5, 18, 30),
    "unclassified": (4.5, 16, 25),
    "residential": (4.5, 15, 20),
    "living_street": (4.5, 12, 10),
    "service": (4.5, 12, 12),
    "track": (4.5, 10, 12),
    "cycleway": (4.5, 18, 10),
    "pedestrian": (4.5, 8, 8),
    "footway": (4.5, 8, 8),
    "path": (4.5, 8, 8),
    "steps": (2.2, 2, 2),
}

TOUCH = """
CREATE FUNCTION touch_dataset() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE now_at integer;
BEGIN
    UPDATE data_versions SET version = version + 1 WHERE dataset = TG_ARGV[0] RETURNING version INTO now_at;
    PERFORM pg_notify('wangge', json_build_object('dataset', TG_ARGV[0], 'version', now_at)::text);
    RETURN NULL;
END $$
"""

GRANTS = """
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'wangge_app') THEN
        GRANT USAGE ON SCHEMA public TO wangge_app;
        GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO wangge_app;
        GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO wangge_app;
        REVOKE UPDATE, DELETE, TRUNCATE ON audit FROM wangge_app;
    END IF;
END $$
"""


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS postgis")
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    create_tables()
    op.execute(TOUCH)
    for dataset, tables in DATASETS.items():
        op.execute(f"INSERT INTO data_versions (dataset) VALUES ('{dataset}')")
        for table in tables:
            op.execute(
                f"CREATE TRIGGER {table}_touch AFTER INSERT OR UPDATE OR DELETE ON {table} "
                f"FOR EACH STATEMENT EXECUTE FUNCTION touch_dataset('{dataset}')"
            )
    for road_class, (foot, ebike, car) in SPEEDS.items():
        op.execute(f"INSERT INTO road_speeds VALUES ('{road_class}', {foot}, {ebike}, {car})")
    op.execute(GRANTS)


def downgrade() -> None:
    drop_tables()
    op.execute("DROP FUNCTION touch_dataset()")


def create_tables() -> None:
    op.create_geospatial_table(
        "areas",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column(
            "geom_3857",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=3857,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            sa.Computed("ST_Transform(geom, 3857)", persisted=True),
            nullable=True,
        ),
        sa.CheckConstraint(
            "level IN ('district', 'subdistrict', 'community', 'sub_area')", name=op.f("ck_areas_level_known")
        ),
        sa.CheckConstraint(
            "CASE WHEN ST_IsEmpty(geom) OR ST_NPoints(geom) > 50000 THEN false WHEN NOT (ST_XMin(geom) >= -180 AND ST_XMax(geom) <= 180 AND ST_YMin(geom) >= -85 AND ST_YMax(geom) <= 85) THEN false ELSE ST_IsValid(geom) END",
            name=op.f("ck_areas_geom_sound"),
        ),
        sa.ForeignKeyConstraint(["parent_id"], ["areas.id"], name=op.f("fk_areas_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_areas")),
        sa.UniqueConstraint("code", name=op.f("uq_areas_code")),
        sa.UniqueConstraint("key", name=op.f("uq_areas_key")),
    )
    op.create_geospatial_index(
        "idx_areas_geom", "areas", ["geom"], unique=False, postgresql_using="gist", postgresql_ops={}
    )
    op.create_geospatial_index(
        "idx_areas_geom_3857", "areas", ["geom_3857"], unique=False, postgresql_using="gist", postgresql_ops={}
    )
    op.create_index(op.f("ix_areas_parent_id"), "areas", ["parent_id"], unique=False)
    op.create_table(
        "data_versions",
        sa.Column("dataset", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("dataset", name=op.f("pk_data_versions")),
    )
    op.create_table(
        "road_speeds",
        sa.Column("road_class", sa.Text(), nullable=False),
        sa.Column("foot_kph", sa.Double(), nullable=False),
        sa.Column("ebike_kph", sa.Double(), nullable=False),
        sa.Column("car_kph", sa.Double(), nullable=False),
        sa.CheckConstraint(
            "road_class IN ('motorway', 'trunk', 'primary', 'secondary', 'tertiary', 'unclassified', 'residential', 'living_street', 'service', 'track', 'cycleway', 'pedestrian', 'footway', 'path', 'steps')",
            name=op.f("ck_road_speeds_road_class_known"),
        ),
        sa.CheckConstraint(
            "foot_kph BETWEEN 0 AND 15 AND ebike_kph BETWEEN 0 AND 45 AND car_kph BETWEEN 0 AND 130",
            name=op.f("ck_road_speeds_speed_range"),
        ),
        sa.PrimaryKeyConstraint("road_class", name=op.f("pk_road_speeds")),
    )
    op.create_geospatial_table(
        "compounds",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("community_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), server_default="", nullable=False),
        sa.Column("manager", sa.Text(), server_default="", nullable=False),
        sa.Column("has_committee", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column(
            "geom_3857",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=3857,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            sa.Computed("ST_Transform(geom, 3857)", persisted=True),
            nullable=True,
        ),
        sa.CheckConstraint(
            "CASE WHEN ST_IsEmpty(geom) OR ST_NPoints(geom) > 50000 THEN false WHEN NOT (ST_XMin(geom) >= -180 AND ST_XMax(geom) <= 180 AND ST_YMin(geom) >= -85 AND ST_YMax(geom) <= 85) THEN false ELSE ST_IsValid(geom) END",
            name=op.f("ck_compounds_geom_sound"),
        ),
        sa.ForeignKeyConstraint(["community_id"], ["areas.id"], name=op.f("fk_compounds_community_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_compounds")),
        sa.UniqueConstraint("key", name=op.f("uq_compounds_key")),
    )
    op.create_geospatial_index(
        "idx_compounds_geom", "compounds", ["geom"], unique=False, postgresql_using="gist", postgresql_ops={}
    )
    op.create_geospatial_index(
        "idx_compounds_geom_3857", "compounds", ["geom_3857"], unique=False, postgresql_using="gist", postgresql_ops={}
    )
    op.create_index(op.f("ix_compounds_community_id"), "compounds", ["community_id"], unique=False)
    op.create_geospatial_table(
        "greens",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("name_en", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column(
            "geom_3857",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=3857,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            sa.Computed("ST_Transform(geom, 3857)", persisted=True),
            nullable=True,
        ),
        sa.CheckConstraint(
            "CASE WHEN ST_IsEmpty(geom) OR ST_NPoints(geom) > 50000 THEN false WHEN NOT (ST_XMin(geom) >= -180 AND ST_XMax(geom) <= 180 AND ST_YMin(geom) >= -85 AND ST_YMax(geom) <= 85) THEN false ELSE ST_IsValid(geom) END",
            name=op.f("ck_greens_geom_sound"),
        ),
        sa.ForeignKeyConstraint(["district_id"], ["areas.id"], name=op.f("fk_greens_district_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_greens")),
        sa.UniqueConstraint("key", name=op.f("uq_greens_key")),
    )
    op.create_geospatial_index(
        "idx_greens_geom", "greens", ["geom"], unique=False, postgresql_using="gist", postgresql_ops={}
    )
    op.create_geospatial_index(
        "idx_greens_geom_3857", "greens", ["geom_3857"], unique=False, postgresql_using="gist", postgresql_ops={}
    )
    op.create_index(op.f("ix_greens_district_id"), "greens", ["district_id"], unique=False)
    op.create_geospatial_table(
        "grids",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("community_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("level", sa.SmallInteger(), server_default="1", nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("code_scheme", sa.Text(), server_default="area12+3", nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), server_default="", nullable=False),
        sa.Column("tint", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column(
            "geom_3857",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=3857,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            sa.Computed("ST_Transform(geom, 3857)", persisted=True),
            nullable=True,
        ),
        sa.CheckConstraint("kind IN ('base', 'dedicated')", name=op.f("ck_grids_kind_known")),
        sa.CheckConstraint(
            "CASE WHEN ST_IsEmpty(geom) OR ST_NPoints(geom) > 50000 THEN false WHEN NOT (ST_XMin(geom) >= -180 AND ST_XMax(geom) <= 180 AND ST_YMin(geom) >= -85 AND ST_YMax(geom) <= 85) THEN false ELSE ST_IsValid(geom) END",
            name=op.f("ck_grids_geom_sound"),
        ),
        sa.CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name=op.f("ck_grids_valid_period")),
        sa.ForeignKeyConstraint(["community_id"], ["areas.id"], name=op.f("fk_grids_community_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grids")),
        sa.UniqueConstraint("code", "valid_from", name=op.f("uq_grids_code_valid_from")),
        sa.UniqueConstraint("key", name=op.f("uq_grids_key")),
    )
    op.create_geospatial_index(
        "idx_grids_geom", "grids", ["geom"], unique=False, postgresql_using="gist", postgresql_ops={}
    )
    op.create_geospatial_index(
        "idx_grids_geom_3857", "grids", ["geom_3857"], unique=False, postgresql_using="gist", postgresql_ops={}
    )
    op.create_index(op.f("ix_grids_community_id"), "grids", ["community_id"], unique=False)
    op.create_table(
        "imports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("report", postgresql.JSONB(astext_type=Text()), server_default="{}", nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["district_id"], ["areas.id"], name=op.f("fk_imports_district_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imports")),
        sa.UniqueConstraint("district_id", name=op.f("uq_imports_district_id")),
    )
    op.create_geospatial_table(
        "railways",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("name_en", sa.Text(), server_default="", nullable=False),
        sa.Column("bridge", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("tunnel", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="LINESTRING",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column(
            "geom_3857",
            Geometry(
                geometry_type="LINESTRING",
                srid=3857,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            sa.Computed("ST_Transform(geom, 3857)", persisted=True),
            nullable=True,
        ),
        sa.CheckConstraint(
            "CASE WHEN ST_IsEmpty(geom) OR ST_NPoints(geom) > 50000 THEN false WHEN NOT (ST_XMin(geom) >= -180 AND ST_XMax(geom) <= 180 AND ST_YMin(geom) >= -85 AND ST_YMax(geom) <= 85) THEN false ELSE ST_IsValid(geom) END",
            name=op.f("ck_railways_geom_sound"),
        ),
        sa.ForeignKeyConstraint(["district_id"], ["areas.id"], name=op.f("fk_railways_district_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_railways")),
        sa.UniqueConstraint("key", name=op.f("uq_railways_key")),
    )
    op.create_geospatial_index(
        "idx_railways_geom", "railways", ["geom"], unique=False, postgresql_using="gist", postgresql_ops={}
    )
    op.create_geospatial_index(
        "idx_railways_geom_3857", "railways", ["geom_3857"], unique=False, postgresql_using="gist", postgresql_ops={}
    )
    op.create_index(op.f("ix_railways_district_id"), "railways", ["district_id"], unique=False)
    op.create_geospatial_table(
        "road_nodes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.CheckConstraint(
            "CASE WHEN ST_IsEmpty(geom) OR ST_NPoints(geom) > 50000 THEN false WHEN NOT (ST_XMin(geom) >= -180 AND ST_XMax(geom) <= 180 AND ST_YMin(geom) >= -85 AND ST_YMax(geom) <= 85) THEN false ELSE ST_IsValid(geom) END",
            name=op.f("ck_road_nodes_geom_sound"),
        ),
        sa.ForeignKeyConstraint(["district_id"], ["areas.id"], name=op.f("fk_road_nodes_district_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_road_nodes")),
        sa.UniqueConstraint("key", name=op.f("uq_road_nodes_key")),
    )
    op.create_geospatial_index(
        "idx_road_nodes_geom", "road_nodes", ["geom"], unique=False, postgresql_using="gist", postgresql_ops={}
    )
    op.create_index(op.f("ix_road_nodes_district_id"), "road_nodes", ["district_id"], unique=False)
    op.create_geospatial_table(
        "search_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), server_default="", nullable=False),
        sa.Column("code", sa.Text(), server_default="", nullable=False),
        sa.Column("address", sa.Text(), server_default="", nullable=False),
        sa.Column("pinyin", sa.Text(), server_default="", nullable=False),
        sa.Column("initials", sa.Text(), server_default="", nullable=False),
        sa.Column("haystack", sa.Text(), nullable=False),
        sa.Column(
            "geom",
            Geometry(
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name=op.f("fk_search_entries_area_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_entries")),
        sa.UniqueConstraint("kind", "subject_id", name=op.f("uq_search_entries_kind_subject_id")),
    )
    op.create_geospatial_index(
        "idx_search_entries_geom", "search_entries", ["geom"], unique=False, postgresql_using="gist", postgresql_ops={}
    )
    op.create_index(op.f("ix_search_entries_area_id"), "search_entries", ["area_id"], unique=False)
    op.create_index(
        "ix_search_entries_haystack",
        "search_entries",
        ["haystack"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"haystack": "gin_trgm_ops"},
    )
    op.create_geospatial_table(
        "stations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("community_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), server_default="", nullable=False),
        sa.Column("address", sa.Text(), server_default="", nullable=False),
        sa.Column("phone", sa.Text(), server_default="", nullable=False),
        sa.Column("open_hours", sa.Text(), server_default="", nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column(
            "geom_3857",
            Geometry(
                geometry_type="POINT",
                srid=3857,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            sa.Computed("ST_Transform(geom, 3857)", persisted=True),
            nullable=True,
        ),
        sa.CheckConstraint(
            "kind IN ('service_station', 'liaison_station', 'rider_station', 'police', 'fire', 'micro_fire', 'hospital', 'clinic', 'pharmacy', 'school', 'townhall', 'community_centre', 'social_facility', 'shelter')",
            name=op.f("ck_stations_kind_known"),
        ),
        sa.CheckConstraint(
            "CASE WHEN ST_IsEmpty(geom) OR ST_NPoints(geom) > 50000 THEN false WHEN NOT (ST_XMin(geom) >= -180 AND ST_XMax(geom) <= 180 AND ST_YMin(geom) >= -85 AND ST_YMax(geom) <= 85) THEN false ELSE ST_IsValid(geom) END",
            name=op.f("ck_stations_geom_sound"),
        ),
        sa.CheckConstraint("capacity >= 0", name=op.f("ck_stations_capacity_range")),
        sa.ForeignKeyConstraint(["community_id"], ["areas.id"], name=op.f("fk_stations_community_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stations")),
        sa.UniqueConstraint("key", name=op.f("uq_stations_key")),
    )
    op.create_geospatial_index(
        "idx_stations_geom", "stations", ["geom"], unique=False, postgresql_using="gist", postgresql_ops={}
    )
    op.create_geospatial_index(
        "idx_stations_geom_3857", "stations", ["geom_3857"], unique=False, postgresql_using="gist", postgresql_ops={}
    )
    op.create_index(op.f("ix_stations_community_id"), "stations", ["community_id"], unique=False)
    op.create_geospatial_table(
        "waters",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("name_en", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column(
            "geom_3857",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=3857,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            sa.Computed("ST_Transform(geom, 3857)", persisted=True),
            nullable=True,
        ),
        sa.CheckConstraint(
            "CASE WHEN ST_IsEmpty(geom) OR ST_NPoints(geom) > 50000 THEN false WHEN NOT (ST_XMin(geom) >= -180 AND ST_XMax(geom) <= 180 AND ST_YMin(geom) >= -85 AND ST_YMax(geom) <= 85) THEN false ELSE ST_IsValid(geom) END",
            name=op.f("ck_waters_geom_sound"),
        ),
        sa.ForeignKeyConstraint(["district_id"], ["areas.id"], name=op.f("fk_waters_district_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waters")),
        sa.UniqueConstraint("key", name=op.f("uq_waters_key")),
    )
    op.create_geospatial_index(
        "idx_waters_geom", "waters", ["geom"], unique=False, postgresql_using="gist", postgresql_ops={}
    )
    op.create_geospatial_index(
        "idx_waters_geom_3857", "waters", ["geom_3857"], unique=False, postgresql_using="gist", postgresql_ops={}
    )
    op.create_index(op.f("ix_waters_district_id"), "waters", ["district_id"], unique=False)
    op.create_geospatial_table(
        "blocks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("community_id", sa.Integer(), nullable=False),
        sa.Column("compound_id", sa.Integer(), nullable=True),
        sa.Column("grid_id", sa.Integer(), nullable=False),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="POLYGON",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column(
            "geom_3857",
            Geometry(
                geometry_type="POLYGON",
                srid=3857,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            sa.Computed("ST_Transform(geom, 3857)", persisted=True),
            nullable=True,
        ),
        sa.CheckConstraint(
            "CASE WHEN ST_IsEmpty(geom) OR ST_NPoints(geom) > 50000 THEN false WHEN NOT (ST_XMin(geom) >= -180 AND ST_XMax(geom) <= 180 AND ST_YMin(geom) >= -85 AND ST_YMax(geom) <= 85) THEN false ELSE ST_IsValid(geom) END",
            name=op.f("ck_blocks_geom_sound"),
        ),
        sa.ForeignKeyConstraint(["community_id"], ["areas.id"], name=op.f("fk_blocks_community_id")),
        sa.ForeignKeyConstraint(["compound_id"], ["compounds.id"], name=op.f("fk_blocks_compound_id")),
        sa.ForeignKeyConstraint(["grid_id"], ["grids.id"], name=op.f("fk_blocks_grid_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blocks")),
        sa.UniqueConstraint("key", name=op.f("uq_blocks_key")),
    )
    op.create_geospatial_index(
        "idx_blocks_geom", "blocks", ["geom"], unique=False, postgresql_using="gist", postgresql_ops={}
    )
    op.create_geospatial_index(
        "idx_blocks_geom_3857", "blocks", ["geom_3857"], unique=False, postgresql_using="gist", postgresql_ops={}
    )
    op.create_index(op.f("ix_blocks_community_id"), "blocks", ["community_id"], unique=False)
    op.create_index(op.f("ix_blocks_compound_id"), "blocks", ["compound_id"], unique=False)
    op.create_index(op.f("ix_blocks_grid_id"), "blocks", ["grid_id"], unique=False)
    op.create_geospatial_table(
        "road_edges",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("tail_id", sa.Integer(), nullable=False),
        sa.Column("head_id", sa.Integer(), nullable=False),
        sa.Column("road_class", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("name_en", sa.Text(), server_default="", nullable=False),
        sa.Column("length", sa.Double(), nullable=False),
        sa.Column("foot", sa.Boolean(), nullable=False),
        sa.Column("bicycle_forward", sa.Boolean(), nullable=False),
        sa.Column("bicycle_backward", sa.Boolean(), nullable=False),
        sa.Column("car_forward", sa.Boolean(), nullable=False),
        sa.Column("car_backward", sa.Boolean(), nullable=False),
        sa.Column("maxspeed_kph", sa.Double(), nullable=True),
        sa.Column("layer", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("bridge", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("tunnel", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="LINESTRING",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column(
            "geom_3857",
            Geometry(
                geometry_type="LINESTRING",
                srid=3857,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            sa.Computed("ST_Transform(geom, 3857)", persisted=True),
            nullable=True,
        ),
        sa.CheckConstraint(
            "road_class IN ('motorway', 'trunk', 'primary', 'secondary', 'tertiary', 'unclassified', 'residential', 'living_street', 'service', 'track', 'cycleway', 'pedestrian', 'footway', 'path', 'steps')",
            name=op.f("ck_road_edges_road_class_known"),
        ),
        sa.CheckConstraint(
            "CASE WHEN ST_IsEmpty(geom) OR ST_NPoints(geom) > 50000 THEN false WHEN NOT (ST_XMin(geom) >= -180 AND ST_XMax(geom) <= 180 AND ST_YMin(geom) >= -85 AND ST_YMax(geom) <= 85) THEN false ELSE ST_IsValid(geom) END",
            name=op.f("ck_road_edges_geom_sound"),
        ),
        sa.CheckConstraint("length > 0", name=op.f("ck_road_edges_length_positive")),
        sa.CheckConstraint("maxspeed_kph > 0", name=op.f("ck_road_edges_maxspeed_positive")),
        sa.ForeignKeyConstraint(["district_id"], ["areas.id"], name=op.f("fk_road_edges_district_id")),
        sa.ForeignKeyConstraint(["head_id"], ["road_nodes.id"], name=op.f("fk_road_edges_head_id")),
        sa.ForeignKeyConstraint(["tail_id"], ["road_nodes.id"], name=op.f("fk_road_edges_tail_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_road_edges")),
        sa.UniqueConstraint("key", name=op.f("uq_road_edges_key")),
    )
    op.create_geospatial_index(
        "idx_road_edges_geom", "road_edges", ["geom"], unique=False, postgresql_using="gist", postgresql_ops={}
    )
    op.create_geospatial_index(
        "idx_road_edges_geom_3857",
        "road_edges",
        ["geom_3857"],
        unique=False,
        postgresql_using="gist",
        postgresql_ops={},
    )
    op.create_index(op.f("ix_road_edges_district_id"), "road_edges", ["district_id"], unique=False)
    op.create_index(op.f("ix_road_edges_head_id"), "road_edges", ["head_id"], unique=False)
    op.create_index(op.f("ix_road_edges_tail_id"), "road_edges", ["tail_id"], unique=False)
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("grid_id", sa.Integer(), nullable=True),
        sa.Column("language", sa.Text(), server_default="zh", nullable=False),
        sa.Column("session_epoch", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "role IN ('grid_worker', 'coordinator', 'planner', 'administrator')", name=op.f("ck_users_role_known")
        ),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name=op.f("fk_users_area_id")),
        sa.ForeignKeyConstraint(["grid_id"], ["grids.id"], name=op.f("fk_users_grid_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("name", name=op.f("uq_users_name")),
    )
    op.create_index(op.f("ix_users_area_id"), "users", ["area_id"], unique=False)
    op.create_index(op.f("ix_users_grid_id"), "users", ["grid_id"], unique=False)
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("subject_type", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("detail", postgresql.JSONB(astext_type=Text()), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_audit_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index("ix_audit_subject", "audit", ["subject_type", "subject_id"], unique=False)
    op.create_index(op.f("ix_audit_user_id"), "audit", ["user_id"], unique=False)
    op.create_geospatial_table(
        "buildings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("block_id", sa.Integer(), nullable=False),
        sa.Column("compound_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("name_en", sa.Text(), server_default="", nullable=False),
        sa.Column("address", sa.Text(), server_default="", nullable=False),
        sa.Column("floors", sa.SmallInteger(), nullable=False),
        sa.Column("floors_assumed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("height", sa.Double(), nullable=False),
        sa.Column("has_lift", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column(
            "geom_3857",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=3857,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            sa.Computed("ST_Transform(geom, 3857)", persisted=True),
            nullable=True,
        ),
        sa.CheckConstraint(
            "kind IN ('residential', 'commercial', 'office', 'industrial', 'school', 'hospital', 'public', 'other')",
            name=op.f("ck_buildings_kind_known"),
        ),
        sa.CheckConstraint(
            "CASE WHEN ST_IsEmpty(geom) OR ST_NPoints(geom) > 50000 THEN false WHEN NOT (ST_XMin(geom) >= -180 AND ST_XMax(geom) <= 180 AND ST_YMin(geom) >= -85 AND ST_YMax(geom) <= 85) THEN false ELSE ST_IsValid(geom) END",
            name=op.f("ck_buildings_geom_sound"),
        ),
        sa.CheckConstraint("floors BETWEEN 1 AND 200", name=op.f("ck_buildings_floors_range")),
        sa.CheckConstraint("height > 0 AND height < 1000", name=op.f("ck_buildings_height_range")),
        sa.ForeignKeyConstraint(["block_id"], ["blocks.id"], name=op.f("fk_buildings_block_id")),
        sa.ForeignKeyConstraint(["compound_id"], ["compounds.id"], name=op.f("fk_buildings_compound_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_buildings")),
        sa.UniqueConstraint("key", name=op.f("uq_buildings_key")),
    )
    op.create_geospatial_index(
        "idx_buildings_geom", "buildings", ["geom"], unique=False, postgresql_using="gist", postgresql_ops={}
    )
    op.create_geospatial_index(
        "idx_buildings_geom_3857", "buildings", ["geom_3857"], unique=False, postgresql_using="gist", postgresql_ops={}
    )
    op.create_index(op.f("ix_buildings_block_id"), "buildings", ["block_id"], unique=False)
    op.create_index(op.f("ix_buildings_compound_id"), "buildings", ["compound_id"], unique=False)
    op.create_geospatial_table(
        "patrol_routes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("grid_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("length", sa.Double(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("stops", sa.Integer(), server_default="0", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="LINESTRING",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column(
            "geom_3857",
            Geometry(
                geometry_type="LINESTRING",
                srid=3857,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            sa.Computed("ST_Transform(geom, 3857)", persisted=True),
            nullable=True,
        ),
        sa.CheckConstraint("source IN ('suggested', 'drawn', 'corrected')", name=op.f("ck_patrol_routes_source_known")),
        sa.CheckConstraint(
            "CASE WHEN ST_IsEmpty(geom) OR ST_NPoints(geom) > 50000 THEN false WHEN NOT (ST_XMin(geom) >= -180 AND ST_XMax(geom) <= 180 AND ST_YMin(geom) >= -85 AND ST_YMax(geom) <= 85) THEN false ELSE ST_IsValid(geom) END",
            name=op.f("ck_patrol_routes_geom_sound"),
        ),
        sa.CheckConstraint("length > 0 AND seconds > 0", name=op.f("ck_patrol_routes_measures_positive")),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_patrol_routes_created_by")),
        sa.ForeignKeyConstraint(["grid_id"], ["grids.id"], name=op.f("fk_patrol_routes_grid_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patrol_routes")),
        sa.UniqueConstraint("key", name=op.f("uq_patrol_routes_key")),
    )
    op.create_geospatial_index(
        "idx_patrol_routes_geom", "patrol_routes", ["geom"], unique=False, postgresql_using="gist", postgresql_ops={}
    )
    op.create_geospatial_index(
        "idx_patrol_routes_geom_3857",
        "patrol_routes",
        ["geom_3857"],
        unique=False,
        postgresql_using="gist",
        postgresql_ops={},
    )
    op.create_index(op.f("ix_patrol_routes_grid_id"), "patrol_routes", ["grid_id"], unique=False)
    op.create_table(
        "posts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("grid_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("ordinal", sa.SmallInteger(), server_default="1", nullable=False),
        sa.Column("holder", sa.Text(), nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "role IN ('instructor', 'leader', 'full_time_worker', 'part_time_worker')", name=op.f("ck_posts_role_known")
        ),
        sa.ForeignKeyConstraint(["grid_id"], ["grids.id"], name=op.f("fk_posts_grid_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_posts_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posts")),
        sa.UniqueConstraint("grid_id", "role", "ordinal", name=op.f("uq_posts_grid_id_role_ordinal")),
    )
    op.create_index(op.f("ix_posts_user_id"), "posts", ["user_id"], unique=False)
    op.create_index("ix_posts_vacant", "posts", ["grid_id"], unique=False, postgresql_where=sa.text("holder IS NULL"))
    op.create_table(
        "tokens",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_tokens_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tokens")),
        sa.UniqueConstraint("digest", name=op.f("uq_tokens_digest")),
    )
    op.create_index(op.f("ix_tokens_user_id"), "tokens", ["user_id"], unique=False)
    op.create_geospatial_table(
        "entrances",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("building_id", sa.Integer(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column(
            "geom_3857",
            Geometry(
                geometry_type="POINT",
                srid=3857,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            sa.Computed("ST_Transform(geom, 3857)", persisted=True),
            nullable=True,
        ),
        sa.CheckConstraint(
            "CASE WHEN ST_IsEmpty(geom) OR ST_NPoints(geom) > 50000 THEN false WHEN NOT (ST_XMin(geom) >= -180 AND ST_XMax(geom) <= 180 AND ST_YMin(geom) >= -85 AND ST_YMax(geom) <= 85) THEN false ELSE ST_IsValid(geom) END",
            name=op.f("ck_entrances_geom_sound"),
        ),
        sa.ForeignKeyConstraint(["building_id"], ["buildings.id"], name=op.f("fk_entrances_building_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entrances")),
        sa.UniqueConstraint("building_id", "label", name=op.f("uq_entrances_building_id_label")),
        sa.UniqueConstraint("key", name=op.f("uq_entrances_key")),
    )
    op.create_geospatial_index(
        "idx_entrances_geom", "entrances", ["geom"], unique=False, postgresql_using="gist", postgresql_ops={}
    )
    op.create_geospatial_index(
        "idx_entrances_geom_3857", "entrances", ["geom_3857"], unique=False, postgresql_using="gist", postgresql_ops={}
    )
    op.create_geospatial_table(
        "incidents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="reported", nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("is_exercise", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("community_id", sa.Integer(), nullable=False),
        sa.Column("grid_id", sa.Integer(), nullable=False),
        sa.Column("building_id", sa.Integer(), nullable=True),
        sa.Column("address", sa.Text(), server_default="", nullable=False),
        sa.Column("responsible_post_id", sa.Integer(), nullable=True),
        sa.Column("reported_by", sa.Integer(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column(
            "geom_3857",
            Geometry(
                geometry_type="POINT",
                srid=3857,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            sa.Computed("ST_Transform(geom, 3857)", persisted=True),
            nullable=True,
        ),
        sa.CheckConstraint(
            "category IN ('fire', 'medical', 'gas_leak', 'flooding', 'power_or_water', 'public_facility', 'environment', 'dispute', 'help_needed', 'other')",
            name=op.f("ck_incidents_category_known"),
        ),
        sa.CheckConstraint(
            "state IN ('reported', 'accepted', 'filed', 'dispatched', 'handled', 'verified', 'closed')",
            name=op.f("ck_incidents_state_known"),
        ),
        sa.CheckConstraint(
            "CASE WHEN ST_IsEmpty(geom) OR ST_NPoints(geom) > 50000 THEN false WHEN NOT (ST_XMin(geom) >= -180 AND ST_XMax(geom) <= 180 AND ST_YMin(geom) >= -85 AND ST_YMax(geom) <= 85) THEN false ELSE ST_IsValid(geom) END",
            name=op.f("ck_incidents_geom_sound"),
        ),
        sa.CheckConstraint("length(description) <= 2000", name=op.f("ck_incidents_description_length")),
        sa.ForeignKeyConstraint(["building_id"], ["buildings.id"], name=op.f("fk_incidents_building_id")),
        sa.ForeignKeyConstraint(["community_id"], ["areas.id"], name=op.f("fk_incidents_community_id")),
        sa.ForeignKeyConstraint(["grid_id"], ["grids.id"], name=op.f("fk_incidents_grid_id")),
        sa.ForeignKeyConstraint(["reported_by"], ["users.id"], name=op.f("fk_incidents_reported_by")),
        sa.ForeignKeyConstraint(["responsible_post_id"], ["posts.id"], name=op.f("fk_incidents_responsible_post_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incidents")),
    )
    op.create_geospatial_index(
        "idx_incidents_geom", "incidents", ["geom"], unique=False, postgresql_using="gist", postgresql_ops={}
    )
    op.create_geospatial_index(
        "idx_incidents_geom_3857", "incidents", ["geom_3857"], unique=False, postgresql_using="gist", postgresql_ops={}
    )
    op.create_index(op.f("ix_incidents_building_id"), "incidents", ["building_id"], unique=False)
    op.create_index(op.f("ix_incidents_community_id"), "incidents", ["community_id"], unique=False)
    op.create_index(op.f("ix_incidents_grid_id"), "incidents", ["grid_id"], unique=False)
    op.create_index(op.f("ix_incidents_reported_at"), "incidents", ["reported_at"], unique=False)
    op.create_index(op.f("ix_incidents_reported_by"), "incidents", ["reported_by"], unique=False)
    op.create_table(
        "dwellings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("entrance_id", sa.Integer(), nullable=False),
        sa.Column("floor", sa.SmallInteger(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["entrance_id"], ["entrances.id"], name=op.f("fk_dwellings_entrance_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dwellings")),
        sa.UniqueConstraint("entrance_id", "floor", "number", name=op.f("uq_dwellings_entrance_id_floor_number")),
        sa.UniqueConstraint("key", name=op.f("uq_dwellings_key")),
    )
    op.create_table(
        "incident_photos",
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name=op.f("fk_incident_photos_incident_id")),
        sa.PrimaryKeyConstraint("incident_id", name=op.f("pk_incident_photos")),
    )
    op.create_table(
        "households",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dwelling_id", sa.Integer(), nullable=False),
        sa.Column("size", sa.SmallInteger(), nullable=False),
        sa.Column("contact_name", sa.Text(), server_default="", nullable=False),
        sa.Column("contact_phone", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("size BETWEEN 0 AND 50", name=op.f("ck_households_size_range")),
        sa.ForeignKeyConstraint(["dwelling_id"], ["dwellings.id"], name=op.f("fk_households_dwelling_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_households")),
        sa.UniqueConstraint("dwelling_id", name=op.f("uq_households_dwelling_id")),
    )
    op.create_table(
        "flags",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("household_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("set_by", sa.Integer(), nullable=True),
        sa.Column("set_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("cleared_by", sa.Integer(), nullable=True),
        sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('contact_household', 'hardship', 'low_income', 'let', 'vacant', 'alone_over_80', 'disability', 'oxygen_or_dialysis', 'infant')",
            name=op.f("ck_flags_kind_known"),
        ),
        sa.ForeignKeyConstraint(["cleared_by"], ["users.id"], name=op.f("fk_flags_cleared_by")),
        sa.ForeignKeyConstraint(["household_id"], ["households.id"], name=op.f("fk_flags_household_id")),
        sa.ForeignKeyConstraint(["set_by"], ["users.id"], name=op.f("fk_flags_set_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flags")),
    )
    op.create_index("ix_flags_household_id", "flags", ["household_id"], unique=False)
    op.create_index(
        "uq_flags_set", "flags", ["household_id", "kind"], unique=True, postgresql_where=sa.text("cleared_at IS NULL")
    )


def drop_tables() -> None:
    op.drop_index("uq_flags_set", table_name="flags", postgresql_where=sa.text("cleared_at IS NULL"))
    op.drop_index("ix_flags_household_id", table_name="flags")
    op.drop_table("flags")
    op.drop_table("households")
    op.drop_table("incident_photos")
    op.drop_table("dwellings")
    op.drop_index(op.f("ix_incidents_reported_by"), table_name="incidents")
    op.drop_index(op.f("ix_incidents_reported_at"), table_name="incidents")
    op.drop_index(op.f("ix_incidents_grid_id"), table_name="incidents")
    op.drop_index(op.f("ix_incidents_community_id"), table_name="incidents")
    op.drop_index(op.f("ix_incidents_building_id"), table_name="incidents")
    op.drop_geospatial_index(
        "idx_incidents_geom_3857", table_name="incidents", postgresql_using="gist", column_name="geom_3857"
    )
    op.drop_geospatial_index("idx_incidents_geom", table_name="incidents", postgresql_using="gist", column_name="geom")
    op.drop_geospatial_table("incidents")
    op.drop_geospatial_index(
        "idx_entrances_geom_3857", table_name="entrances", postgresql_using="gist", column_name="geom_3857"
    )
    op.drop_geospatial_index("idx_entrances_geom", table_name="entrances", postgresql_using="gist", column_name="geom")
    op.drop_geospatial_table("entrances")
    op.drop_index(op.f("ix_tokens_user_id"), table_name="tokens")
    op.drop_table("tokens")
    op.drop_index("ix_posts_vacant", table_name="posts", postgresql_where=sa.text("holder IS NULL"))
    op.drop_index(op.f("ix_posts_user_id"), table_name="posts")
    op.drop_table("posts")
    op.drop_index(op.f("ix_patrol_routes_grid_id"), table_name="patrol_routes")
    op.drop_geospatial_index(
        "idx_patrol_routes_geom_3857", table_name="patrol_routes", postgresql_using="gist", column_name="geom_3857"
    )
    op.drop_geospatial_index(
        "idx_patrol_routes_geom", table_name="patrol_routes", postgresql_using="gist", column_name="geom"
    )
    op.drop_geospatial_table("patrol_routes")
    op.drop_index(op.f("ix_buildings_compound_id"), table_name="buildings")
    op.drop_index(op.f("ix_buildings_block_id"), table_name="buildings")
    op.drop_geospatial_index(
        "idx_buildings_geom_3857", table_name="buildings", postgresql_using="gist", column_name="geom_3857"
    )
    op.drop_geospatial_index("idx_buildings_geom", table_name="buildings", postgresql_using="gist", column_name="geom")
    op.drop_geospatial_table("buildings")
    op.drop_index(op.f("ix_audit_user_id"), table_name="audit")
    op.drop_index("ix_audit_subject", table_name="audit")
    op.drop_table("audit")
    op.drop_index(op.f("ix_users_grid_id"), table_name="users")
    op.drop_index(op.f("ix_users_area_id"), table_name="users")
    op.drop_table("users")
    op.drop_index(op.f("ix_road_edges_tail_id"), table_name="road_edges")
    op.drop_index(op.f("ix_road_edges_head_id"), table_name="road_edges")
    op.drop_index(op.f("ix_road_edges_district_id"), table_name="road_edges")
    op.drop_geospatial_index(
        "idx_road_edges_geom_3857", table_name="road_edges", postgresql_using="gist", column_name="geom_3857"
    )
    op.drop_geospatial_index(
        "idx_road_edges_geom", table_name="road_edges", postgresql_using="gist", column_name="geom"
    )
    op.drop_geospatial_table("road_edges")
    op.drop_index(op.f("ix_blocks_grid_id"), table_name="blocks")
    op.drop_index(op.f("ix_blocks_compound_id"), table_name="blocks")
    op.drop_index(op.f("ix_blocks_community_id"), table_name="blocks")
    op.drop_geospatial_index(
        "idx_blocks_geom_3857", table_name="blocks", postgresql_using="gist", column_name="geom_3857"
    )
    op.drop_geospatial_index("idx_blocks_geom", table_name="blocks", postgresql_using="gist", column_name="geom")
    op.drop_geospatial_table("blocks")
    op.drop_index(op.f("ix_waters_district_id"), table_name="waters")
    op.drop_geospatial_index(
        "idx_waters_geom_3857", table_name="waters", postgresql_using="gist", column_name="geom_3857"
    )
    op.drop_geospatial_index("idx_waters_geom", table_name="waters", postgresql_using="gist", column_name="geom")
    op.drop_geospatial_table("waters")
    op.drop_index(op.f("ix_stations_community_id"), table_name="stations")
    op.drop_geospatial_index(
        "idx_stations_geom_3857", table_name="stations", postgresql_using="gist", column_name="geom_3857"
    )
    op.drop_geospatial_index("idx_stations_geom", table_name="stations", postgresql_using="gist", column_name="geom")
    op.drop_geospatial_table("stations")
    op.drop_index(
        "ix_search_entries_haystack",
        table_name="search_entries",
        postgresql_using="gin",
        postgresql_ops={"haystack": "gin_trgm_ops"},
    )
    op.drop_index(op.f("ix_search_entries_area_id"), table_name="search_entries")
    op.drop_geospatial_index(
        "idx_search_entries_geom", table_name="search_entries", postgresql_using="gist", column_name="geom"
    )
    op.drop_geospatial_table("search_entries")
    op.drop_index(op.f("ix_road_nodes_district_id"), table_name="road_nodes")
    op.drop_geospatial_index(
        "idx_road_nodes_geom", table_name="road_nodes", postgresql_using="gist", column_name="geom"
    )
    op.drop_geospatial_table("road_nodes")
    op.drop_index(op.f("ix_railways_district_id"), table_name="railways")
    op.drop_geospatial_index(
        "idx_railways_geom_3857", table_name="railways", postgresql_using="gist", column_name="geom_3857"
    )
    op.drop_geospatial_index("idx_railways_geom", table_name="railways", postgresql_using="gist", column_name="geom")
    op.drop_geospatial_table("railways")
    op.drop_table("imports")
    op.drop_index(op.f("ix_grids_community_id"), table_name="grids")
    op.drop_geospatial_index(
        "idx_grids_geom_3857", table_name="grids", postgresql_using="gist", column_name="geom_3857"
    )
    op.drop_geospatial_index("idx_grids_geom", table_name="grids", postgresql_using="gist", column_name="geom")
    op.drop_geospatial_table("grids")
    op.drop_index(op.f("ix_greens_district_id"), table_name="greens")
    op.drop_geospatial_index(
        "idx_greens_geom_3857", table_name="greens", postgresql_using="gist", column_name="geom_3857"
    )
    op.drop_geospatial_index("idx_greens_geom", table_name="greens", postgresql_using="gist", column_name="geom")
    op.drop_geospatial_table("greens")
    op.drop_index(op.f("ix_compounds_community_id"), table_name="compounds")
    op.drop_geospatial_index(
        "idx_compounds_geom_3857", table_name="compounds", postgresql_using="gist", column_name="geom_3857"
    )
    op.drop_geospatial_index("idx_compounds_geom", table_name="compounds", postgresql_using="gist", column_name="geom")
    op.drop_geospatial_table("compounds")
    op.drop_table("road_speeds")
    op.drop_table("data_versions")
    op.drop_index(op.f("ix_areas_parent_id"), table_name="areas")
    op.drop_geospatial_index(
        "idx_areas_geom_3857", table_name="areas", postgresql_using="gist", column_name="geom_3857"
    )
    op.drop_geospatial_index("idx_areas_geom", table_name="areas", postgresql_using="gist", column_name="geom")
    op.drop_geospatial_table("areas")
