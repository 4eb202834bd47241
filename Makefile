# Every target sets up .venv by itself; python3 >= 3.11 and make are all it takes.
PYTHON ?= python3
VENV := .venv
PIP := $(VENV)/bin/python -m pip --disable-pip-version-check --quiet

.PHONY: help setup dev serve test check bench lock contract clean

help: ## what there is
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: $(VENV)/.run ## a working .venv/bin/strongroom

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Strongroom needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) --version). Try: make PYTHON=python3.11" >&2; exit 1; }
	@echo "== creating $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements/run.txt pyproject.toml | $(VENV)/bin/python
	@echo "== installing Strongroom and its locked dependencies into $(VENV)"
	@$(PIP) install --require-hashes --requirement requirements/run.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.run
	@echo "== installing what the tests need"
	@$(PIP) install --require-hashes --requirement requirements/dev.txt
	@touch $@

dev: $(VENV)/.dev ## setup, and everything tests and checks need

serve: setup ## a server on http://127.0.0.1:12111, its data in ./strongroom-data
	@exec $(VENV)/bin/strongroom serve $(ARGS)

test: dev ## every test, on SQLite and on PostgreSQL, and in Chromium
	@$(VENV)/bin/python tests/support/postgres.py --ensure-installed
	@$(VENV)/bin/python tests/support/chromium.py --ensure-installed
	@$(VENV)/bin/python -m pytest $(ARGS)

check: dev ## format, lint and types, in seconds
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/mypy

bench: dev ## throughput beside localstripe, as a table
	@$(VENV)/bin/python bench/run.py $(ARGS)

contract: dev ## regenerate src/strongroom/contract from the installed stripe package
	@$(VENV)/bin/python tools/build_contract.py

lock: dev ## resolve the locked dependencies anew
	@tools/lock.sh

clean: ## remove what the targets made (never strongroom-data)
	rm -rf $(VENV) .venv-bench .mypy_cache .pytest_cache .ruff_cache .hypothesis
