# Linli: needs Python 3.11 or newer and make, nothing else. `make help` lists what it can do.
PYTHON ?= python3
# Tests side by side; two suits a machine with two cores, as CI is.
PROCESSES ?= 2
# More arguments for the command behind a target: make test ARGS="-k deadline", make demo ARGS="--help".
ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
TESTKIT := libs/testkit
# What a running Linli is made of; the testkit comes with the tools.
PRODUCT := libs/contracts libs/rulebook libs/messaging libs/runtime libs/embedded $(patsubst %/pyproject.toml,%,$(sort $(wildcard services/*/pyproject.toml))) cli
# What is type-checked, as packages: a test module is named by its path, so that file names may repeat.
CODE := $(notdir $(wildcard libs/*/linli_* services/*/linli_* cli/linli_*))
TESTS := $(patsubst %/,%,$(sort $(dir $(wildcard libs/*/tests/*.py services/*/tests/*.py cli/tests/*.py))))
PACKAGES := $(CODE) $(subst /,.,$(TESTS)) tests $(if $(wildcard bench/*.py),bench)

.DEFAULT_GOAL := help
.PHONY: help demo test check check-format check-lint check-types check-imports check-style check-generated format chaos bench clean constraints
MAKEFLAGS += --no-print-directory
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Bytecode is kept: tests start some two hundred services, each in three quarters of the time that way.
unexport PYTHONDONTWRITEBYTECODE

help: ## Lists the targets.
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

demo: $(VENV)/.product ## Starts everything, plays a year of a property group and shows the result (KEEP=1: leaves it running).
	@$(BIN)/linli demo $(if $(filter-out 0,$(KEEP)),--keep) $(ARGS)

# A process of tests that dies ends the run, with the name of its test: started anew for its last test, it would wait for ever.
test: $(VENV)/.tools ## Runs all tests on a real broker and a real database.
	@$(BIN)/pytest -n $(PROCESSES) --dist loadfile --no-loadscope-reorder --max-worker-restart 0 $(ARGS)

check: check-format check-lint check-types check-imports check-style check-generated ## Every check of the tree (-k: goes on after a failure).

check-format: $(VENV)/.tools
	@echo '— format' && $(BIN)/ruff format --check --quiet .

check-lint: $(VENV)/.tools
	@echo '— lint' && $(BIN)/ruff check --quiet .

check-types: $(VENV)/.tools
	@echo '— types' && $(BIN)/mypy --no-error-summary $(addprefix -p ,$(PACKAGES))

check-imports: $(VENV)/.tools
	@echo '— import contracts' && $(BIN)/lint-imports --no-logo

check-style: $(VENV)/.tools
	@echo '— house style' && $(BIN)/pytest -q tests/style

check-generated: $(VENV)/.tools
	@echo '— generated documents unchanged' && $(BIN)/python -m linli_cli.generate --check

format: $(VENV)/.tools ## Formats the code and mends what the linter can mend.
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format .

chaos: $(VENV)/.tools ## Breaks things under load and compares the books (FAULT=, MINUTES=, SEED=, CLOCK= choose; JSON=FILE writes the table).
	@$(BIN)/python -m tests.chaos

bench: $(VENV)/.tools ## Runs the benchmarks, each beside its floor.
	@$(BIN)/python -m bench

clean: ## Removes what was installed and cached here; a kept demo's data too.
	@rm -rf $(VENV) .linli .kafka .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@rm -rf $(wildcard libs/*/*.egg-info services/*/*.egg-info cli/*.egg-info libs/*/build services/*/build cli/build)
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

constraints: ## Writes constraints.txt anew from the newest versions that fit (a change to review).
	@rm -rf $(VENV)/fresh && $(PYTHON) -m venv $(VENV)/fresh
	@$(VENV)/fresh/bin/python -m pip install -q $(patsubst %,-e ./%,$(PRODUCT) $(TESTKIT)) -r requirements-dev.txt setuptools
	@{ head -n 1 constraints.txt; $(VENV)/fresh/bin/python -m pip freeze --all --exclude-editable | grep -viE '^(pip|linli)'; } > constraints.new
	@mv constraints.new constraints.txt && rm -rf $(VENV)/fresh && git --no-pager diff --stat constraints.txt

# Runs pip with the arguments given, shows a counter on a terminal, and the log's end when it fails.
define install
{ $(BIN)/python -m pip install --no-build-isolation -c constraints.txt $(1) 2>&1; echo "exit $$?"; } | { \
	found=0; ended=; \
	while IFS= read -r line; do \
		echo "$$line" >> $(VENV)/install.log; \
		case "$$line" in \
			Collecting*|Obtaining*) found=$$((found + 1)); [ ! -t 1 ] || printf '\r  %s packages found' "$$found" ;; \
			Installing*) [ ! -t 1 ] || printf '\r  installing %s packages' "$$found" ;; \
			'exit 0') ended=well ;; \
		esac; \
	done; \
	[ ! -t 1 ] || printf '\r\033[K'; \
	[ "$$ended" = well ] || { tail -n 20 $(VENV)/install.log; echo "Installing failed; the whole log is $(VENV)/install.log"; exit 1; } >&2; }
endef

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Linli needs Python 3.11 or newer, and '$(PYTHON)' is $$($(PYTHON) --version 2>&1 || true)."; \
		echo "Name another one: make demo PYTHON=python3.12"; exit 1; } >&2
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "No virtual environment could be made with '$(PYTHON)' (on Debian and Ubuntu: apt-get install python3-venv)."; exit 1; } >&2

# The stamps: installing again only when what is installed changed, so that a second run starts at once.
$(VENV)/.product: constraints.txt $(PRODUCT:%=%/pyproject.toml) | $(BIN)/python
	@echo 'Installing Linli into $(VENV) (about a minute, once)'
	@: > $(VENV)/install.log
	@$(call install,setuptools)
	@$(call install,$(PRODUCT:%=-e ./%))
	@touch $@

$(VENV)/.tools: $(VENV)/.product requirements-dev.txt $(TESTKIT)/pyproject.toml
	@echo 'Installing the tools for tests and checks into $(VENV) (once)'
	@$(call install,-e ./$(TESTKIT) -r requirements-dev.txt)
	@touch $@
