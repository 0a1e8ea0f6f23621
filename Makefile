# Voltbus. `make` alone explains itself.

PYTHON ?= python3
BIN := .venv/bin
.DEFAULT_GOAL := help

.PHONY: help setup run check test flows parts chaos soak bench format lock clean

help:  ## What each target does
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/dev.stamp  ## Virtual environment with everything to develop and test

run: .venv/run.stamp  ## The whole platform in one process, with simulated stations charging (Ctrl-C stops it)
	@exec $(BIN)/voltbus run

check: .venv/dev.stamp  ## Format, lint, strict types, import contracts, the rules of the house
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/basedpyright
	$(BIN)/lint-imports --no-logo
	$(BIN)/pytest tests/test_house.py

# Two halves side by side, for they mostly wait; each has servers of its own.
test: .venv/dev.stamp  ## All tests, against real servers, in random order
	@$(MAKE) --no-print-directory --jobs=2 --keep-going flows parts

flows: .venv/dev.stamp  ## Only the whole system, seen from its websocket and its API
	$(BIN)/pytest --durations=15 tests/flows

parts: .venv/dev.stamp  ## Everything but the flows: libraries, services, faults, the house
	$(BIN)/pytest --durations=15 --ignore=tests/flows

chaos: .venv/dev.stamp  ## Only the faults: killed processes, storms, hostile input
	$(BIN)/pytest tests/chaos

soak: .venv/dev.stamp  ## The long versions of the property and chaos tests
	VOLTBUS_SOAK=1 $(BIN)/pytest tests/chaos tests/services/transactions tests/libs/ocpp tests/flows/test_calls.py

bench: .venv/dev.stamp  ## What a message costs, beside the floor of the bare parts
	$(BIN)/python -m tests.bench

format: .venv/dev.stamp  ## Put the code into shape
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: .venv/dev.stamp  ## Pin and hash the dependencies of pyproject.toml anew
	$(BIN)/uv pip compile $(LOCK) -o requirements.txt
	$(BIN)/uv pip compile $(LOCK) --extra embedded -o requirements-embedded.txt
	$(BIN)/uv pip compile $(LOCK) --extra embedded --extra dev -o requirements-dev.txt

LOCK := pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	--no-emit-index-url --no-emit-find-links

clean:  ## Take away the virtual environment, caches and the data of `make run`
	rm -rf .venv var .pytest_cache .hypothesis .ruff_cache .import_linter_cache

.venv/python.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' || \
		{ echo "Voltbus needs Python 3.11, 3.12 or 3.13, which $(PYTHON) is not; name one: make PYTHON=python3.12 ..."; exit 1; }
	@echo "setting up .venv (once)"
	@$(PYTHON) -m venv .venv
	@touch $@

.venv/run.stamp: .venv/python.stamp requirements-embedded.txt pyproject.toml
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements-embedded.txt
	@$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/dev.stamp: .venv/run.stamp requirements-dev.txt
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@
