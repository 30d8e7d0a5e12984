# `make` alone lists the targets. Everything lives in .venv and out/; the only thing outside is ngspice, and
# tools/ngspice-setup says what it does before it does it.
VENV := .venv
BIN := $(VENV)/bin
JOBS ?= 2
NGSPICE ?= system
PYTEST_ARGS ?=
STAMP := $(VENV)/.installed
NGSPICE_STAMP := $(VENV)/.ngspice-$(NGSPICE)

# One thread a process: the tests run side by side, and two BLAS pools on two cores slow each other many times over.
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export MKL_NUM_THREADS := 1
export VECLIB_MAXIMUM_THREADS := 1

.DEFAULT_GOAL := help
.PHONY: help setup peers demo test lint format types layers readme examples check lowest clean

help:            ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 20

setup: $(STAMP) $(NGSPICE_STAMP)   ## create .venv, install liwes with its extras, install ngspice where missing

$(STAMP): pyproject.toml tools/venv
	@tools/venv $(VENV)
	@echo "setup: installing liwes and its dependencies into $(VENV) (minutes the first time)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[test,dev]"
	@touch $@

$(NGSPICE_STAMP): tools/ngspice-setup | $(STAMP)
	@NGSPICE=$(NGSPICE) tools/ngspice-setup
	@touch $@

peers: setup     ## what liwes bench compares with: badcrossbar, and ngspice with KLU beside the system's own
	@tools/peers $(VENV)

demo: setup      ## the main job, end to end; leaves out/demo/report.html
	@$(BIN)/liwes demo --out out/demo

test: setup      ## all tests, README and examples among them
	@$(BIN)/pytest -n $(JOBS) --dist=worksteal --durations=10 $(PYTEST_ARGS)

lint: setup      ## style
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

format: setup    ## rewrite the files in the project's style
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

types: setup     ## mypy, strict
	@$(BIN)/mypy

layers: setup    ## who may import whom
	@$(BIN)/lint-imports --no-logo

readme: setup    ## the code and commands the documents show
	@$(BIN)/pytest tests/test_readme.py $(PYTEST_ARGS)

examples: setup  ## each example, with warnings as errors
	@$(BIN)/pytest tests/test_examples.py $(PYTEST_ARGS)

check: lint types layers test      ## everything CI runs

lowest: setup    ## the tests on the oldest versions pyproject.toml allows, in a venv of their own
	@tools/venv out/lowest
	@$(BIN)/python tools/lowest.py > out/lowest/constraints.txt
	@out/lowest/bin/python -m pip install --quiet --disable-pip-version-check --constraint out/lowest/constraints.txt --editable ".[test]"
	@out/lowest/bin/pytest -n $(JOBS) --dist=worksteal $(PYTEST_ARGS)

clean:           ## remove what was built; cached data sets stay
	rm -rf $(VENV) out build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find circuits crossbar tests examples tools -name __pycache__ -type d -prune -exec rm -rf {} +
