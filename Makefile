# What can be made here. Each target first brings what it needs (resources/setup/prepare.sh) and does nothing twice.
#
#   make run      the window; without a screen, one output for each medium into outputs/
#   make test     lint, types, import walls and every test
#   make lint     the first three alone
#   make bench    the figures of tests/bench/RESULTS.md
#   make train    the starters' recipes; make train NAME=scenes trains one
#   make package  the packaged program, into dist/
#
# PYTHON=/path/to/python3.12 makes the environment with that Python.

VENV := .venv/bin
PREPARE := sh resources/setup/prepare.sh

.DEFAULT_GOAL := run
.PHONY: run test lint bench train package prepared-for-tests

run:
	@$(PREPARE)
	@$(VENV)/python main.py

# As many tests at once as there are cores, each on one, up to six: every one of them reads torch into memory anew.
test: lint
	@OMP_NUM_THREADS=1 $(VENV)/python -m pytest --numprocesses logical --maxprocesses 6 --dist worksteal

lint: prepared-for-tests
	$(VENV)/python -m ruff check
	$(VENV)/python -m ruff format --check
	$(VENV)/python -m mypy
	$(VENV)/lint-imports --no-logo

prepared-for-tests:
	@$(PREPARE) test

bench:
	@$(PREPARE) test
	$(VENV)/python -m tests.bench

train:
	@$(PREPARE)
	$(VENV)/python -m models.training $(if $(NAME),run $(NAME),list)

package:
	@$(PREPARE) package
	$(VENV)/python -m PyInstaller --noconfirm --clean build.spec
