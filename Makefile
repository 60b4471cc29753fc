# All that is needed is Python 3.11 or newer, make and a package index. Everything else goes into .venv, also for root.

PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed
PIP := python -m pip --quiet --disable-pip-version-check

.PHONY: install demo test lint benchmark-import constraints clean

install: $(INSTALLED)

# The pip that comes with Python may be too old to know dependency groups, hence it is brought to the locked version first.
$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/$(PIP) install --constraint constraints.txt --upgrade pip
	$(BIN)/$(PIP) install --constraint constraints.txt --build-constraint constraints.txt --editable . --group dev
	touch $@

demo: install
	$(BIN)/sellerhealth demo

test: install
	$(BIN)/pytest --numprocesses auto

lint: install
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/sellerhealth schema --check

benchmark-import: install
	$(BIN)/python benchmarks/import.py

# Locks the newest versions that pyproject.toml allows, hatchling as the builder included, as a fresh environment gets them.
constraints:
	rm -rf .venv-fresh
	$(PYTHON) -m venv .venv-fresh
	.venv-fresh/bin/$(PIP) install --upgrade pip
	.venv-fresh/bin/$(PIP) install --editable . --group dev hatchling
	echo '# What `make install` installs, by exact version. Made by `make constraints`.' > constraints.txt
	.venv-fresh/bin/$(PIP) freeze --all --exclude-editable --exclude setuptools >> constraints.txt
	rm -rf .venv-fresh

clean:
	rm -rf .venv .venv-fresh build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
