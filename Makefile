# `make run` and `make test` set everything up by themselves in .venv and are safe to repeat.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test test-slow coverage programs lint types benchmark clean

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable . --group dev
	touch $@

run: $(VENV)/.installed
	$(BIN)/dirigiste run crackdown-2020

# Compiles the solver before processes that run side by side use it; at once where that is done.
programs: $(VENV)/.installed
	$(BIN)/python -m dirigiste.numerics.compiled.warmup

test: programs
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(BIN)/python -m pytest -n 2 --dist loadfile --max-worker-restart 0

test-slow: programs
	$(BIN)/python -m pytest -m slow -n 2 --dist loadfile --max-worker-restart 0

# By line and branch; code that numba compiles does not run in Python, so that it counts as never run.
coverage: programs
	$(BIN)/python -m pytest -n 2 --dist loadfile --max-worker-restart 0 --cov=dirigiste --cov-branch \
		--cov-report=term-missing:skip-covered --cov-report=html

lint: $(VENV)/.installed
	$(BIN)/ruff check --fix .

types: $(VENV)/.installed
	$(BIN)/pyright

benchmark: $(VENV)/.installed
	$(BIN)/python benchmarks/run.py

clean:
	rm -rf $(VENV) runs .pytest_cache .ruff_cache .coverage htmlcov
