# `make help` lists the targets; `make report` and `make test` are the two that matter.
PYTHON ?= python3
BIN := .venv/bin
STUDY ?= params/demo.yml
JOBS ?= 2
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export OMP_NUM_THREADS := 1

.DEFAULT_GOAL := help
.PHONY: help setup demo report test test-quick check lab bench lock clean
# files of tests go to whichever of two processes is free, those with slow tests first
PYTEST := $(BIN)/python -m pytest -q --numprocesses 2 --dist loadfile --no-loadscope-reorder

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: .venv/.ready ## make the environment in .venv from the lock
.venv/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] + "; name another with: make PYTHON=python3.12 …" if sys.version_info < (3, 11) else 0)'
	@echo "Making the environment in .venv (about two minutes) …"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --no-compile --no-deps --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

demo: data/demo/.ready ## write the demo data of Lumen Office
data/demo/.ready: .venv/.ready $(wildcard src/insights/synthetic/*.py src/insights/synthetic/*/*)
	@echo "Writing the demo data …"
	@$(BIN)/insights demo
	@touch $@

report: data/demo/.ready ## run the demo study; the last line is its page
	@$(BIN)/insights run $(STUDY) --jobs $(JOBS)

test: report ## all tests, notebooks on the demo study included
	@$(PYTEST)
	@$(PYTEST) -p no:cacheprovider --override-ini=addopts= --override-ini=filterwarnings= --nbval-lax --nbval-current-env --nbval-cell-timeout=600 notebooks

test-quick: .venv/.ready ## the tests that are not slow, for the inner loop
	@$(PYTEST) -m "not slow"

check: .venv/.ready ## style, types and the study file
	@$(BIN)/ruff check src tests
	@$(BIN)/ruff format --check src tests
	@$(BIN)/mypy
	@$(BIN)/insights check $(STUDY)

lab: report ## open JupyterLab on the notebooks
	@$(BIN)/insights lab $(STUDY)

bench: data/demo/.ready ## time the parts beside their peers
	@for file in benchmarks/bench_*.py; do echo "== $$file"; $(BIN)/python $$file; done

lock: .venv/.ready ## renew requirements.lock (needs uv)
	@uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --override overrides.txt -o requirements.lock --quiet

clean: ## remove environment, demo data and outputs
	@rm -rf .venv build data/demo src/*.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find outputs -mindepth 1 -not -name .gitkeep -delete
