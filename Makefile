# Two commands do everything: `make run` and `make test`. `make help` lists the rest.
# What is installed, and why, is in app/install.py; what is already done is left alone without a word.
.DEFAULT_GOAL := help
.SUFFIXES:
MAKEFLAGS += --no-print-directory
PYTHON ?= python3
WORKERS ?= 3
# Three workers on two cores: a test waits a third of its time, for a page to be still or a mail to come.
# A worker takes its share of the modules, so that what a module sets up is set up once
SPREAD = --dist worksteal
ARGS ?=
BIN := .venv/bin

# PORT= is short for VUURTOREN_PORT=; VUURTOREN_DATA_DIR= on the command line reaches the program too.
ifdef PORT
export VUURTOREN_PORT := $(PORT)
endif
ifdef VUURTOREN_DATA_DIR
export VUURTOREN_DATA_DIR
endif

.PHONY: help run setup test check lint types imports docs bench lock clean

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Install what is missing, start the database and the service (PORT=8000, VUURTOREN_DATA_DIR= choose another place)
	@$(PYTHON) -m app.install run
	@exec $(BIN)/vuurtoren serve $(ARGS)

setup: ## Install everything for running, testing and checking, and start nothing
	@$(PYTHON) -m app.install setup

test: ## Install what is missing, Chromium too, and run the whole test suite (ARGS="-k street" for a part)
	@$(PYTHON) -m app.install test
# hundreds of programs are started: ours need not be compiled for each
	@env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest -n $(WORKERS) $(SPREAD) $(ARGS)

check: setup ## Lint, format, strict types, import rules, documentation
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m pytest -q tests/test_docs.py

bench: setup ## Measure speed side by side and print a table of ratios (tests/bench)
	@$(BIN)/python -m tests.bench $(ARGS)

# The locks hold every version and hash and no address of a registry.
COMPILE := uv pip compile --quiet --universal --fork-strategy fewest --python-version 3.11 --generate-hashes --no-header --no-annotate
lock: ## Bring the locks up to date with pyproject.toml and app/static/package.json (needs uv and npm)
	@$(COMPILE) $(ARGS) pyproject.toml -o requirements.txt
	@$(COMPILE) $(ARGS) --extra test --constraints requirements.txt pyproject.toml -o requirements-test.txt
	@$(COMPILE) $(ARGS) --group node -o requirements-node.txt
	@cd app/static && npm install --package-lock-only --omit-lockfile-registry-resolved --no-audit --no-fund

clean: ## Remove what was installed in this folder; data and Debian packages stay
	@rm -rf .venv app/static/vendor .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .install.log .install.lock
	@find app assets maps migrations tests -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
