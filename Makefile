# Two commands: `make run` and `make test`. `make help` lists the rest.
.DEFAULT_GOAL := help
SHELL := /bin/sh
# The first Python of the machine that is new enough; `make PYTHON=/path/to/python3 run` chooses another.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
SETUP = $(if $(PYTHON),$(PYTHON) tools/setup.py,$(error Python 3.11 or newer is needed: on Ubuntu 22.04, apt-get install python3.11 python3.11-venv))
BIN = .venv/bin
# Who has done their tests takes over some of another's.
PYTEST_OPTIONS ?= -n 2 --dist worksteal
# Compiled modules are kept, whatever the environment says: a second start takes a third of the time.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup run test lint format bench screenshots lock clean

help: ## what can be made
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 14
	@echo
	@echo 'Settings: WANGGE_HOME (data), WANGGE_HOST, WANGGE_PORT, WANGGE_DATABASE_URL, WANGGE_HOSTS and more; see README.md'

run: ## set up what is missing, start everything, and print the address and the demo log-ins
	@$(SETUP) run
	@exec $(BIN)/wangge up

setup: ## only set up what is missing, for development too
	@$(SETUP) test

test: ## the whole suite on real PostGIS and a real browser (PYTEST_OPTIONS="-n 2" and more)
	@$(SETUP) test
	@exec $(BIN)/pytest $(PYTEST_OPTIONS)

lint: ## ruff, mypy --strict, tsc, import-linter, squawk
	@$(SETUP) test
	@PATH="$(CURDIR)/$(BIN):$$PATH" tools/lint.sh

format: ## let ruff put the code in order
	@$(SETUP) test
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .

bench: ## the benchmarks beside their peers, in an environment of their own; docs/benchmarks.md takes the table
	@$(SETUP) test
	@$(SETUP) bench
	@exec .venv-bench/bin/pytest tests/benchmarks --override-ini 'python_files=bench_*.py' -s -q -W default

fuzz: ## 5,000 cases of the whole API, 5,000 of places and shapes, and a start from a folder that cannot be written
	@$(SETUP) test
	@exec $(BIN)/pytest tests/fuzz --override-ini 'python_files=fuzz_*.py' -s -q

screenshots: ## the pictures of the documents
	@$(SETUP) test
	@exec $(BIN)/python tools/screenshots.py

lock: ## resolve the dependencies anew
	@tools/lock.sh

clean: ## remove what was made here; the data in WANGGE_HOME stay
	rm -rf .venv .venv-bench .stamps node_modules static/js static/vendor build *.egg-info .mypy_cache .ruff_cache .pytest_cache
