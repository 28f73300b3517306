# Everything a person or CI does with this repository. `make` alone lists it.
# Needs: Python 3.11 or newer, make, a package index. Everything else goes into .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN := $(BIN)/python
UV := $(RUN) .ci/uv.py
comma := ,
EXTRAS := openai,anthropic,codemode,datafusion,sqlite,postgres,mysql,http,s3

# Knobs of the tests: make test PYTEST_ARGS="-k plan" WORKERS=0
PYTEST_ARGS ?=
WORKERS ?= 2
COV_FLOOR ?= 90
# What `make newest` tries with the newest pydantic-ai-slim. Without the extra codemode: each pydantic-ai-harness
# takes one line of pydantic-ai-slim only, and its release comes later.
NEWEST_EXTRAS := $(subst codemode$(comma),,$(EXTRAS))
AGENT_ROOMS := $(wildcard tests/hooks tests/runs tests/operators tests/decorators tests/toolsets tests/offline tests/meta_dag)

.DEFAULT_GOAL := help
.PHONY: help install demo ui test test-airflow test-ui newest neighbour check docs bench constraints clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1|/' | column -t -s '|'

# --- install -------------------------------------------------------------------------------------------

$(BIN)/uv:
	@$(PYTHON) -c 'import sys; v = sys.version.split()[0]; sys.exit(sys.version_info < (3, 11) and \
	  f"Python {v} is too old: 3.11 or newer is needed. Name one: make PYTHON=python3.12")'
	@echo "Making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --constraint constraints.txt uv

# The stamp is newer than what was asked for, so an unchanged tree installs nothing.
$(VENV)/installed: $(BIN)/uv pyproject.toml constraints.txt
	@echo "Installing the pinned packages into $(VENV)"
	@$(UV) pip install --quiet --constraint constraints.txt --editable '.[$(EXTRAS)]' --group test --group lint
	@touch $@

install: $(VENV)/installed ## Make .venv with everything pinned
	@:

# --- the product ---------------------------------------------------------------------------------------

demo: install ## A sentence becomes a reviewed, published, running DAG (REQUEST="..." YES=1 KEEP=1)
	@$(RUN) -m example_dags.demo demo

ui: install ## The same Airflow, left running for a person to click through until Ctrl-C
	@$(RUN) -m example_dags.demo ui

# --- tests ---------------------------------------------------------------------------------------------

test: install ## Unit tests and example DAGs, with coverage
	@$(RUN) -m pytest -m "not airflow and not ui" -n $(WORKERS) --cov --cov-report=term:skip-covered \
	  --cov-fail-under=$(COV_FLOOR) $(PYTEST_ARGS)

test-airflow: install ## Tests on a real Airflow (api-server, scheduler, dag-processor)
	@$(RUN) -m pytest -m airflow $(PYTEST_ARGS)

test-ui: install ## Tests in a real browser (SCREENSHOTS=1 writes docs/images)
	@$(RUN) -m pytest -m ui $(PYTEST_ARGS)

newest: ## Agent rooms on the newest pydantic-ai-slim, in .venv-newest
	@$(MAKE) --no-print-directory VENV=.venv-newest .venv-newest/newest
	@.venv-newest/bin/python -m pytest -m "not airflow and not ui" $(AGENT_ROOMS) $(PYTEST_ARGS)

.venv-newest/newest: $(BIN)/uv pyproject.toml constraints.txt
	@echo "Installing the newest pydantic-ai-slim into .venv-newest"
	@grep -vE '^(pydantic-(ai|graph|monty)|genai-prices|openai|anthropic|griffe|uv=)' constraints.txt > $(VENV)/others.txt
	@$(UV) pip install --quiet --upgrade-package pydantic-ai-slim --constraint $(VENV)/others.txt \
	  --editable '.[$(NEWEST_EXTRAS)]' --group test
	@$(UV) pip list --quiet | grep '^pydantic-ai-slim '
	@touch $@

neighbour: ## Side by side with apache-airflow-providers-common-ai, in .venv-neighbour
	@$(MAKE) --no-print-directory VENV=.venv-neighbour .venv-neighbour/both
	@DAG_AGENT_TEST_NEIGHBOUR=1 .venv-neighbour/bin/python -m pytest tests/neighbour --require-services $(PYTEST_ARGS)

.venv-neighbour/both: $(BIN)/uv pyproject.toml constraints.txt
	@echo "Installing apache-airflow-providers-common-ai beside this package into .venv-neighbour"
	@$(UV) pip install --quiet --constraint constraints.txt --editable '.[sqlite]' --group test \
	  apache-airflow-providers-common-ai==1.0.0
	@$(UV) pip list --quiet | grep '^apache-airflow-providers-common-ai '
	@touch $@

check: install ## Linter, formatter and strict types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

docs: install ## Every code block and link of README and docs
	@$(RUN) -m pytest tests/test_docs.py $(PYTEST_ARGS)

bench: install ## Benchmarks: what each step of the main road costs
	@set -e; found=; for file in tests/benchmarks/*.py; do [ -e "$$file" ] || continue; found=1; \
	  echo "== $$file"; $(RUN) "$$file"; done; [ -n "$$found" ] || echo "No benchmark in tests/benchmarks yet"

# --- upkeep --------------------------------------------------------------------------------------------

constraints: $(BIN)/uv ## Pin everything anew (the head of constraints.txt says how)
	@$(RUN) .ci/constraints.py

clean: ## Remove what make made
	@rm -rf $(VENV) .venv-newest .venv-neighbour .coverage .coverage.* .mypy_cache .ruff_cache build dist
	@find . -name __pycache__ -not -path './.git/*' -prune -exec rm -rf {} +
