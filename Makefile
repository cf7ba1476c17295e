# make demo     explain two predictions and write out/demo.html
# make test     the tests
# Both set up everything they need in .venv; a machine with Python 3.11, make and pip is enough.

PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3.14 python3 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# A worker holds the bundled models: half a gigabyte.
WORKERS := --numprocesses auto --maxprocesses 4
OFFLINE := HF_HUB_OFFLINE=1 TOKENIZERS_PARALLELISM=false

.DEFAULT_GOAL := help
.PHONY: help demo test test-all check bench table truth bench-equal docs shown ui screenshots clean

help:
	@echo "make demo      explain two predictions; the page is out/demo.html"
	@echo "make test      the tests"
	@echo "make test-all  every method on every model family; takes longer"
	@echo "make check     style, types, floors, words"
	@echo "make docs      run every code block of README.md and docs/"
	@echo "make shown     put into README.md and docs/ what their code prints now"
	@echo "make bench     measure speed beside other libraries, each in an environment of its own"
	@echo "make bench-equal  only whether our numbers are theirs"
	@echo "make table     measure every method on texts whose deciding words are known"
	@echo "make truth     measure every method where the right answer is known"
	@echo "make ui        build the figures of pages, notebooks and the app from ui/ (needs Node)"
	@echo "make screenshots  take the pictures in docs/pictures again (needs Chromium)"
	@echo "make clean     remove what was built, and .venv"

# The stamp is older than either file after a change, so the next target installs again.
$(READY): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "Pellucid needs Python 3.11 or newer. Name one: make PYTHON=/path/to/python3" >&2; exit 2; }
	@echo "Setting up $(VENV) with $(PYTHON) (some minutes the first time)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --constraint constraints.txt pip
	@$(BIN)/python -m pip install --quiet --constraint constraints.txt --build-constraint constraints.txt \
		--editable . --group dev
	@touch $@

demo: $(READY)
	@mkdir -p out
	@$(OFFLINE) $(BIN)/pellucid explain "The Eiffel Tower is located in the city of" --target " Paris" --out out/demo.html
	@echo
	@$(OFFLINE) $(BIN)/pellucid explain "A slow start, but the ending is wonderful." --model demo-sentiment

test: $(READY)
	@$(OFFLINE) $(BIN)/python -m pytest $(WORKERS) -m "not full"

test-all: $(READY)
	@$(OFFLINE) $(BIN)/python -m pytest $(WORKERS)

check: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m pytest tests/laws

docs: $(READY)
	@$(OFFLINE) $(BIN)/python -m pytest tests/docs

shown: $(READY)
	@$(OFFLINE) $(BIN)/python -m tests.docs.shown

bench: $(READY)
	@$(OFFLINE) $(BIN)/python -m benchmarks

bench-equal: $(READY)
	@$(OFFLINE) $(BIN)/python -m benchmarks equality

table: $(READY)
	@$(OFFLINE) $(BIN)/python -m benchmarks.gold

truth: $(READY)
	@$(OFFLINE) $(BIN)/python -m benchmarks.truth

clean:
	rm -rf $(VENV) out dist build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Needs Node 20 or newer; only who changes ui/ needs it. The built bundle is committed with the change.
ui: $(READY)
	@cd ui && npm ci --silent && npm run --silent types && npm run --silent test && npm run --silent build
	@$(BIN)/python -m pytest tests/laws/test_bundle.py
	@git status --short -- src/pellucid/view/assets

screenshots: $(READY)
	@$(OFFLINE) $(BIN)/python -m tests.browser.screenshots
