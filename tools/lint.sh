#!/bin/sh
# Every gate that needs no database. All are run; the exit code is 1 where one fails.
cd "$(dirname "$0")/.." || exit 1
failed=0
gate() {
    title=$1
    shift
    if output=$("$@" 2>&1); then
        echo "$title: good"
    else
        printf '%s: FAILED\n%s\n' "$title" "$output"
        return 1
    fi
}
migrations() {
    # What is not ours is left out: Alembic's own table and procrastinate's queue.
    alembic upgrade head --sql 2>/dev/null |
        sed '/^CREATE TABLE alembic_version/,/;/d; /^-- begin procrastinate/,/^-- end procrastinate/d' >build/migrations.sql
    squawk --config tools/squawk.toml build/migrations.sql
}
mkdir -p build
gate "mypy" mypy & # takes longer than all others together
mypy=$!
gate "ruff check" ruff check . || failed=1
gate "ruff format" ruff format --check . || failed=1
gate "tsc" node_modules/.bin/tsc --noEmit || failed=1
gate "import-linter" lint-imports || failed=1
gate "squawk" migrations || failed=1
wait $mypy || failed=1
exit $failed
