"""The audit becomes a chain: each row holds a hash of itself and of the row before, set by the database.

Revision ID: 0007
"""

from alembic import op

revision = "0007"
down_revision: str | None = "0006"

# The canonical text of a row is a JSON array, which Python's json.dumps writes likewise to the byte.
HASH = """
CREATE FUNCTION audit_hash(one audit) RETURNS text LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT encode(sha256(convert_to(json_build_array(
        one.id, (extract(epoch FROM one.at) * 1000000)::bigint, one.user_id, one.act, one.subject_type,
        one.subject_id, one.detail::text, one.previous_hash)::text, 'UTF8')), 'hex')
$$
"""

# Nobody chooses the number, the time or the hashes of a row. Whoever inserts waits for who inserted before to commit:
# that is what makes the numbers gapless and the chain one.
CHAIN = """
CREATE FUNCTION audit_chain() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
    head audit_head;
BEGIN
    SELECT * INTO STRICT head FROM audit_head FOR UPDATE;
    NEW.id := head.id + 1;
    NEW.at := clock_timestamp();
    NEW.previous_hash := head.hash;
    NEW.hash := audit_hash(NEW);
    UPDATE audit_head SET id = NEW.id, hash = NEW.hash;
    RETURN NEW;
END
$$
"""

# The role that serves may not read the head's table, nor the audit without leave; of these it may know this much.
SINCE = """
CREATE FUNCTION audit_since(known bigint) RETURNS TABLE (id bigint, hash text, at text, known_hash text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT head.id, head.hash,
           (SELECT to_char(audit.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
            FROM audit WHERE audit.id = head.id),
           (SELECT audit.hash FROM audit WHERE audit.id = known)
    FROM audit_head head
$$
"""

# Rows that were there get numbers without gaps, in their order.
CHAIN_WHAT_IS_THERE = """
DO $$
DECLARE
    one audit;
    was bigint;
    last bigint := 0;
    last_hash text := '';
BEGIN
    FOR one IN SELECT * FROM audit ORDER BY id LOOP
        was := one.id;
        last := last + 1;
        one.id := last;
        one.previous_hash := last_hash;
        last_hash := audit_hash(one);
        UPDATE audit SET id = last, previous_hash = one.previous_hash, hash = last_hash WHERE id = was;
    END LOOP;
    INSERT INTO audit_head (id, hash) VALUES (last, last_hash);
END
$$
"""

CLOSE = """
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'wangge_app') THEN
        REVOKE ALL ON audit_head FROM wangge_app;
        REVOKE ALL ON audit FROM wangge_app;
        GRANT SELECT, INSERT ON audit TO wangge_app;
    END IF;
END
$$
"""

INDEXES = {
    "ix_audit_at": "(at, id)",
    "ix_audit_user_id": "(user_id, at, id)",
    "ix_audit_act": "(act, at, id)",
    "ix_audit_subject": "(subject_id, subject_type, at, id)",
    "ix_audit_area": "((detail ->> 'area')) WHERE detail ->> 'area' IS NOT NULL",
    "ix_audit_grid": "((detail ->> 'grid')) WHERE detail ->> 'grid' IS NOT NULL",
}


def upgrade() -> None:
    op.execute("ALTER TABLE audit ADD COLUMN previous_hash text NOT NULL DEFAULT ''")
    op.execute("ALTER TABLE audit ADD COLUMN hash text NOT NULL DEFAULT ''")
    op.execute("""
        CREATE TABLE audit_head (
            sole boolean NOT NULL DEFAULT true, id bigint NOT NULL, hash text NOT NULL,
            CONSTRAINT pk_audit_head PRIMARY KEY (sole), CONSTRAINT ck_audit_head_one_row CHECK (sole)
        )
    """)
    # To check it would wait for whoever changes that user, while everybody else waits for this row.
    op.execute("-- squawk-ignore ban-drop-constraint\nALTER TABLE audit DROP CONSTRAINT fk_audit_user_id")
    op.execute("DROP INDEX ix_audit_user_id")
    op.execute("DROP INDEX ix_audit_subject")
    op.execute(HASH)
    op.execute(CHAIN_WHAT_IS_THERE)
    # The trigger alone gives them.
    for column in ("id", "previous_hash", "hash"):
        op.execute(f"-- squawk-ignore ban-drop-default\nALTER TABLE audit ALTER COLUMN {column} DROP DEFAULT")
    op.execute("-- squawk-ignore ban-drop-sequence\nDROP SEQUENCE audit_id_seq")
    op.execute(CHAIN)
    op.execute("CREATE TRIGGER audit_chain BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION audit_chain()")
    op.execute(SINCE)
    for name, columns in INDEXES.items():
        op.execute(f"CREATE INDEX {name} ON audit {columns}")
    op.execute(CLOSE)


def downgrade() -> None:
    """The rows stay, without what held them together."""
    for name in INDEXES:
        op.execute(f"DROP INDEX {name}")
    op.execute("DROP TRIGGER audit_chain ON audit")
    for function in ("audit_since(bigint)", "audit_chain()", "audit_hash(audit)"):
        op.execute(f"DROP FUNCTION {function}")
    op.execute("DROP TABLE audit_head")
    for column in ("previous_hash", "hash"):
        op.execute(f"ALTER TABLE audit DROP COLUMN {column}")
    op.execute("CREATE SEQUENCE audit_id_seq AS bigint OWNED BY audit.id")
    op.execute("SELECT setval('audit_id_seq', (SELECT coalesce(max(id), 0) + 1 FROM audit), false)")
    op.execute("ALTER TABLE audit ALTER COLUMN id SET DEFAULT nextval('audit_id_seq')")
    op.create_foreign_key(op.f("fk_audit_user_id"), "audit", "users", ["user_id"], ["id"])
    op.create_index(op.f("ix_audit_user_id"), "audit", ["user_id"])
    op.create_index("ix_audit_subject", "audit", ["subject_type", "subject_id"])
