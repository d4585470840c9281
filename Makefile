# Every target makes the virtual environment it needs; nothing but Python 3.11+ and make is assumed.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
ARGS   ?=

.PHONY: run test check format bench screenshots clean

run: $(VENV)/.runtime            ## the cluster in this terminal: make run [ARGS="FOLDER --nodes 5"]
	$(BIN)/tuik8s up $(ARGS)

test: $(VENV)/.development       ## the whole test suite: make test [ARGS="-k rollout"]
	$(BIN)/python -m pytest -n 2 $(ARGS)

check: $(VENV)/.development      ## formatting, lint, strict types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.development
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.development      ## figures, each beside its baseline, measured in one run
	$(BIN)/python -m tests.bench $(ARGS)

screenshots: $(VENV)/.development
	$(BIN)/python -m tests.screenshots $(ARGS)

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist *.egg-info

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "tuik8s needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1). Try: make PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

$(VENV)/.development: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@ $(VENV)/.runtime
