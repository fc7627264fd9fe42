"""Jobs in the background: procrastinate's queue as its release 3.10.0 makes it, and who asked for what.

The queue says which worker is to do what next, and nothing of it outlives the doing. `jobs` is what people see.

Revision ID: 0012
"""

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0012"
down_revision: str | None = "0011"

QUEUE = Path(__file__).resolve().parents[1] / "procrastinate-3.10.0.sql"
STATES = ("waiting", "running", "done", "failed", "cancelled")
ME = "(SELECT nullif(current_setting('wangge.user_id', true), ''))::int"
WORKS = "(SELECT current_setting('wangge.jobs', true) = 'work')"
# Found by ownership and not by name: a backup is restored where the owner is called otherwise.
BY_OWNER = "(SELECT pg_get_userbyid(relowner) = current_user FROM pg_catalog.pg_class WHERE oid = 'jobs'::regclass)"
TELL = """
    CREATE FUNCTION tell_job() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM pg_notify('wangge', json_build_object('job', NEW.id, 'user', NEW.asked_by, 'state', NEW.state,
            'progress', round(NEW.progress::numeric, 3), 'note', NEW.note, 'revision', NEW.revision)::text);
        RETURN NULL;
    END $$
"""
SHOWN = "{row}.state, {row}.progress, {row}.note, {row}.revision"
GRANTS = """
    DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'wangge_app') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON jobs, procrastinate_jobs, procrastinate_workers, procrastinate_events,
            procrastinate_periodic_defers TO wangge_app;
        GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO wangge_app;
    END IF; END $$
"""
# In an order in which nothing is dropped that something else still needs.
DROP_QUEUE = """
    DROP TABLE procrastinate_events, procrastinate_periodic_defers, procrastinate_jobs, procrastinate_workers CASCADE;
    DO $$ DECLARE found record; BEGIN
        FOR found IN SELECT p.oid::regprocedure::text AS signature FROM pg_proc p
            WHERE p.proname LIKE 'procrastinate\\_%' AND p.pronamespace = current_schema()::regnamespace
        LOOP EXECUTE 'DROP FUNCTION IF EXISTS ' || found.signature || ' CASCADE'; END LOOP;
    END $$;
    DROP TYPE procrastinate_job_to_defer_v1, procrastinate_job_status, procrastinate_job_event_type CASCADE
"""


def upgrade() -> None:
    # Not ours: tools/lint.sh leaves out what stands between these two lines.
    op.execute(f"-- begin procrastinate\n{QUEUE.read_text()}\n-- end procrastinate")
    op.create_table(
        "jobs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("question", JSONB(), nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=True),
        sa.Column("rights", sa.Text(), nullable=False),
        sa.Column("scopes", ARRAY(sa.Text()), nullable=True),
        sa.Column("area_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("progress", sa.Float(), server_default="0", nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("result", JSONB(), nullable=True),
        sa.Column("revision", sa.Integer(), server_default="0", nullable=False),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("queue_id", sa.BigInteger(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(f"state IN {STATES}", name=op.f("ck_jobs_state_known")),
        sa.CheckConstraint("progress BETWEEN 0 AND 1", name=op.f("ck_jobs_progress_is_a_share")),
        sa.ForeignKeyConstraint(["parent_id"], ["jobs.id"], name=op.f("fk_jobs_parent_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["asked_by"], ["users.id"], name=op.f("fk_jobs_asked_by")),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name=op.f("fk_jobs_area_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
    )
    for column in ("parent_id", "asked_by", "area_id"):
        op.create_index(op.f(f"ix_jobs_{column}"), "jobs", [column])
    op.create_index(op.f("ix_jobs_open"), "jobs", ["id"], postgresql_where=sa.text("state IN ('waiting', 'running')"))
    op.execute("ALTER TABLE jobs ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE jobs FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY in_scope ON jobs USING (asked_by = {ME} OR {WORKS})")
    op.execute(f"CREATE POLICY by_owner ON jobs USING ({BY_OWNER})")
    op.execute(TELL)
    told = "FOR EACH ROW WHEN (NEW.parent_id IS NULL{}) EXECUTE FUNCTION tell_job()"
    changed = f" AND ({SHOWN.format(row='NEW')}) IS DISTINCT FROM ({SHOWN.format(row='OLD')})"
    op.execute(f"CREATE TRIGGER jobs_asked AFTER INSERT ON jobs {told.format('')}")
    op.execute(f"CREATE TRIGGER jobs_changed AFTER UPDATE ON jobs {told.format(changed)}")
    op.execute(GRANTS)


def downgrade() -> None:
    op.drop_table("jobs")
    op.execute("DROP FUNCTION tell_job()")
    op.execute(DROP_QUEUE)
