# Needs git, make and python3 >= 3.11; sets up everything else in .venv.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet -c constraints.txt

.PHONY: demo serve test test-all lint types clean

demo: .venv/base
	$(BIN)/mien demo --out demo-out

serve: .venv/serve
	$(BIN)/mien serve

test: .venv/dev lint types
	$(BIN)/python -m pytest -m "not slow and not external"

test-all: .venv/dev lint types
	$(BIN)/python -m pytest

lint: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/dev
	$(BIN)/mypy

.venv/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "mien needs Python 3.11 or later; set PYTHON=...")'
	$(PYTHON) -m venv .venv
	touch $@

.venv/base: .venv/python pyproject.toml constraints.txt
	$(PIP) --editable .
	touch $@

.venv/serve: .venv/python pyproject.toml constraints.txt
	$(PIP) --editable '.[serve,tables]'
	touch $@ .venv/base

.venv/dev: .venv/python pyproject.toml constraints.txt
	$(PIP) --editable '.[tables,opensmile,train,serve,dev]'
	touch $@ .venv/base .venv/serve

clean:
	rm -rf .venv demo-out dist .mypy_cache .ruff_cache .pytest_cache
