"""Users hold posts: a role in an area or a grid, from an instant until another. Their one role moves there.

Revision ID: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision: str | None = "0002"

ROLES = (
    "grid_worker",
    "grid_leader",
    "community_staff",
    "subdistrict_staff",
    "coordinator",
    "planner",
    "administrator",
    "security_officer",
    "auditor",
    "api_client",
)
OLD_ROLES = ("grid_worker", "coordinator", "planner", "administrator")


def upgrade() -> None:
    op.create_table(
        "appointments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("grid_id", sa.Integer(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("granted_by", sa.Integer(), nullable=True),
        sa.Column("granted_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(f"role IN {ROLES}", name=op.f("ck_appointments_role_known")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_appointments_ends_after_start")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_appointments_user_id")),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name=op.f("fk_appointments_area_id")),
        sa.ForeignKeyConstraint(["grid_id"], ["grids.id"], name=op.f("fk_appointments_grid_id")),
        sa.ForeignKeyConstraint(["granted_by"], ["users.id"], name=op.f("fk_appointments_granted_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointments")),
    )
    for column in ("user_id", "area_id", "grid_id"):
        op.create_index(op.f(f"ix_appointments_{column}"), "appointments", [column])
    # A grid's worker is seated in its community, wherever their area was.
    op.execute("""
        INSERT INTO appointments (user_id, role, area_id, grid_id, starts_at, ends_at)
        SELECT u.id, u.role, coalesce(g.community_id, u.area_id), u.grid_id, u.created_at, NULL
        FROM users u LEFT JOIN grids g ON g.id = u.grid_id
    """)
    for column in ("grid_id", "area_id"):
        op.drop_index(op.f(f"ix_users_{column}"), table_name="users")
    for column in ("role", "area_id", "grid_id"):
        op.drop_column("users", column)


def downgrade() -> None:
    """Each user keeps the post held longest; who holds none, or one of a newer role, cannot log in any more."""
    op.add_column("users", sa.Column("role", sa.Text(), nullable=True))
    op.add_column("users", sa.Column("area_id", sa.Integer(), nullable=True))
    op.add_column("users", sa.Column("grid_id", sa.Integer(), nullable=True))
    op.execute(f"""
        UPDATE users u SET role = p.role, area_id = p.area_id, grid_id = p.grid_id
        FROM (SELECT DISTINCT ON (user_id) * FROM appointments WHERE role IN {OLD_ROLES}
              ORDER BY user_id, starts_at, id) p
        WHERE p.user_id = u.id
    """)
    op.execute("""
        UPDATE users SET disabled_at = coalesce(disabled_at, now()), role = 'planner',
            area_id = (SELECT id FROM areas ORDER BY id LIMIT 1)
        WHERE role IS NULL
    """)
    op.alter_column("users", "role", nullable=False)
    op.alter_column("users", "area_id", nullable=False)
    op.create_check_constraint(op.f("ck_users_role_known"), "users", f"role IN {OLD_ROLES}")
    op.create_foreign_key(op.f("fk_users_area_id"), "users", "areas", ["area_id"], ["id"])
    op.create_foreign_key(op.f("fk_users_grid_id"), "users", "grids", ["grid_id"], ["id"])
    for column in ("area_id", "grid_id"):
        op.create_index(op.f(f"ix_users_{column}"), "users", [column])
    op.drop_table("appointments")
