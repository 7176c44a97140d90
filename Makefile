# The commands of this project; CONTRIBUTING.md says more about them.
#
#   make demo    run the product with a demo shop, until Ctrl-C
#   make test    run every test
#   make check   what CI runs: lint, types, architecture, tests
#   make messages  gather new texts into the catalogues of Dutch and German
#   make crash CRASH_SECONDS=120 CRASH_SEEDS="1 2 3"   processes killed for longer
#   make simulate SCHEDULES=20000   many more bad days than the tests play
#
# Python 3.11 or newer is found by itself; PYTHON=/path/to/python chooses one.

VENV := .venv
BIN := $(VENV)/bin
PYTEST_ARGS ?=
# Test files side by side; JOBS=0 runs them one after the other.
JOBS ?= auto
REPORT := .pytest_cache/report.xml

ifndef PYTHON
PYTHON := $(shell for python in python3 python3.13 python3.12 python3.11; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		>/dev/null 2>&1 && echo "$$python" && break; done)
endif

.PHONY: help demo test crash simulate check lint types architecture format messages \
	constraints clean

help:
	@sed -n 's/^#   //p' Makefile

demo: $(VENV)/.installed
	@$(BIN)/sluice-seed demo

# Tests that need a browser are skipped where there is none: that must be seen.
test: $(VENV)/.installed-dev
	@mkdir -p $(dir $(REPORT)); rm -f $(REPORT); status=0; \
	$(BIN)/pytest -n $(JOBS) --maxprocesses 4 --dist loadfile \
		--no-loadscope-reorder \
		--junitxml=$(REPORT) $(PYTEST_ARGS) || status=$$?; \
	if grep -q '<skipped[^>]*Chromium' $(REPORT) 2>/dev/null; then \
		echo; \
		echo '*******************************************************************'; \
		echo '*  THE BROWSER TESTS WERE SKIPPED: no Chromium was found.         *'; \
		echo '*  Install it (Debian, Ubuntu: apt-get install chromium) and run  *'; \
		echo '*  make test again before you rely on the pages.                  *'; \
		echo '*******************************************************************'; \
	fi; \
	exit $$status

crash: export CRASH_SECONDS ?= 60
crash: export CRASH_SEEDS ?= 1 2 3
crash: $(VENV)/.installed-dev
	@$(BIN)/pytest tests/crash $(PYTEST_ARGS)

# FIRST=1234 SCHEDULES=1 plays again what schedule 1234 found.
simulate: export FIRST ?= 0
simulate: export SCHEDULES ?= 20000
simulate: $(VENV)/.installed-dev
	@$(BIN)/pytest tests/simulation/test_simulation.py $(PYTEST_ARGS)

check: lint types architecture test

lint: $(VENV)/.installed-dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(VENV)/.installed-dev
	@$(BIN)/mypy

architecture: $(VENV)/.installed-dev
	@$(BIN)/lint-imports

format: $(VENV)/.installed-dev
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

messages: $(VENV)/.installed-dev
	@$(BIN)/python -m dashboard.languages.gathering

# The newest versions that pyproject.toml allows, written down.
constraints: $(BIN)/python
	@rm -rf $(VENV)-newest && "$(PYTHON)" -m venv $(VENV)-newest
	@$(VENV)-newest/bin/pip install --quiet --disable-pip-version-check '.[dev]'
	@{ sed '/^[^#]/,$$d' constraints.txt; \
		$(VENV)-newest/bin/pip freeze | grep -v '^sluice '; } > constraints.new
	@mv constraints.new constraints.txt && rm -rf $(VENV)-newest

clean:
	@rm -rf $(VENV) build dist *.egg-info

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo 'Sluice needs Python 3.11 or newer: none was' \
		'found. Install one, or name it: make PYTHON=/path/to/python' >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo 'Sluice needs Python 3.11 or newer: $(PYTHON) is not.' >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { echo 'Sluice needs' \
		'the venv module of $(PYTHON): install python3-venv' \
		'(Debian, Ubuntu: apt-get install python3-venv).' >&2; exit 1; }
	@"$(PYTHON)" -m venv --clear $(VENV)

$(VENV)/.installed: $(BIN)/python pyproject.toml constraints.txt
	@echo 'Installing Sluice into $(VENV) (only once) ...'
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/.installed-dev: $(BIN)/python pyproject.toml constraints.txt
	@echo 'Installing Sluice and its tools into $(VENV) (only once) ...'
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt \
		-e '.[dev]'
	@touch $@ $(VENV)/.installed
