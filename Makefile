# `make lab` and `make test` do all the set-up on a machine that has Python and make.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# One worker more than cores: some tests wait for a real Kafka. `make test WORKERS=0` runs them one by one.
WORKERS ?= $(shell $(PYTHON) -c "import os; print((os.cpu_count() or 1) + 1)")
PARALLEL = -n $(WORKERS) --dist worksteal
STAMP := $(VENV)/.installed
LAB_STAMP := $(VENV)/.installed-lab

# The tests start some two hundred processes: without compiled files each would spend half a second on its imports.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: lab test test-all bench fmt lint venv notebooks docs marks clean translations

# The lab gets what it needs, and no linter; the tests get all. Who has all, has the lab.
$(STAMP): EXTRA := dev
$(LAB_STAMP): EXTRA := lab
$(STAMP) $(LAB_STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("minikafka needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.12 " + "lab") if sys.version_info < (3, 11) else None'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	@# (Setuptools warns those who write packages; who opens a lab doesn't.)
	PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[$(EXTRA)]'
	@touch $@ $(LAB_STAMP)

venv: $(STAMP)

# JupyterLab on the lessons' welcome page, with a live cluster; it prints how to open the inspector in a second terminal.
lab: $(LAB_STAMP)
	$(BIN)/minikafka lab

test: $(STAMP)
	@echo "make test: linters, types, layers, and every test but the slow ones: about 4 minutes on 2 cores."
	@$(MAKE) --no-print-directory lint
	$(BIN)/python -m pytest -m "not slow" $(PARALLEL) $(PYTEST_ARGS)

# Everything, the slow tier included.
test-all: $(STAMP)
	@echo "make test-all: the slow tests too: about 50 minutes on 2 cores."
	@$(MAKE) --no-print-directory lint
	$(BIN)/python -m pytest $(PARALLEL) $(PYTEST_ARGS)

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fmt: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(STAMP)
	$(BIN)/minikafka bench

# Rebuild notebooks/ from lessons/ (CI checks that they are up to date).
notebooks: $(STAMP)
	$(BIN)/python -m minikafka_lessons.build

# Bring the catalogues of translations (*.po) up to date with what the lessons say, and count what is left to do.
translations: $(STAMP)
	$(BIN)/python -m minikafka_lessons.translations

# Pages that are made from the code.
docs: $(STAMP)
	$(BIN)/python tools/gaps.py
	$(BIN)/python tools/data_files.py --no-picture

marks: $(STAMP)
	$(BIN)/python tools/marks.py

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
