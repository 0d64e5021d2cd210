# Needs git, make and python3 >= 3.11; sets up everything else in .venv.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet -c constraints.txt

.PHONY: demo serve test test-all lint types coverage docs lock dist clean

demo: .venv/base
	$(BIN)/mien demo --out demo-out

serve: .venv/serve
	$(BIN)/mien serve

test: .venv/dev lint types
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist loadgroup -m "not slow and not external"

test-all: .venv/dev lint types
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist loadgroup

lint: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/dev
	$(BIN)/mypy

coverage: .venv/dev
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -q -n auto -m "not slow"
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage json --quiet -o reports/coverage.json
	$(BIN)/python project/pages/quality_page.py

docs: .venv/dev
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

# Exact versions with hashes: of all that a user gets, and of all that a developer gets.
LOCK := $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --quiet
lock: .venv/dev
	$(LOCK) -o requirements/base.txt
	$(LOCK) -c constraints.txt --all-extras -o requirements/dev.txt

dist: .venv/dev
	$(BIN)/python project/release/distribute.py --pythons 3.12 3.13 3.14

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

# The locked versions are constraints here: pip has nothing to search for, which takes half as long.
.venv/dev: .venv/python pyproject.toml constraints.txt requirements/dev.txt
	sed -n '/^[a-zA-Z0-9]/s/ *\\$$//p' requirements/dev.txt > .venv/locked.txt
	$(PIP) -c .venv/locked.txt --editable '.[tables,opensmile,coding,train,serve,scale,docs,dev]'
	touch $@ .venv/base .venv/serve

clean:
	rm -rf .venv demo-out dist site .coverage* .mypy_cache .ruff_cache .pytest_cache
