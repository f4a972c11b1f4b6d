# make run       the dashboard at http://127.0.0.1:8501
# make test      style, types, layers and the tests that a change should pass
# make test-all  all tests, the long proofs too: many kills, load, matrices
# make check     style, types, layers, dependencies and spelling, in seconds
# make wheel     the package as dist/heatcheck-VERSION-py3-none-any.whl
# make mutants   faults planted in metrics/ one by one; which of them no test sees; half an hour;
#                MUTANTS="heatcheck.metrics.similarity.*" plants some of them
# make bench     speed and memory beside other libraries, in minutes; alone on the machine
# make pictures  the pictures of docs/, from a dashboard that runs
# Each sets up .venv first; that takes seconds where it is there.

PYTHON ?= python3
PORT ?= 8501
BIN := .venv/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
PYTEST := OMP_WAIT_POLICY=PASSIVE $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: run test test-all check wheel mutants bench pictures clean

run: .venv/run.done
	$(BIN)/heatcheck serve --port $(PORT)

test: check
	$(PYTEST) -m "not long"

test-all: test
	$(PYTEST) -m long

check: .venv/dev.done
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell
	$(BIN)/deptry .
	$(BIN)/lint-imports
	$(BIN)/mypy

wheel: .venv/dev.done
	rm -rf build dist
	$(PIP) wheel --no-deps --no-build-isolation --wheel-dir dist .

bench: .venv/dev.done
	$(BIN)/python -m heatcheck.tools.bench

mutants: .venv/dev.done
	@mkdir -p mutants && ln -sfn .. mutants/heatcheck && ln -sfn ../pyproject.toml mutants/pyproject.toml
	cd mutants && OMP_NUM_THREADS=1 ../$(BIN)/python -m mutmut run --max-children 1 $(MUTANTS)
	cd mutants && ../$(BIN)/python -m mutmut results

pictures: .venv/dev.done
	$(BIN)/python -m heatcheck.tools.take_pictures

.venv/pyvenv.cfg:
	$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Expected Python 3.11 or newer. Say PYTHON=python3.11.")'
	$(PYTHON) -m venv .venv

.venv/run.done: .venv/pyvenv.cfg requirements.txt pyproject.toml
	$(PIP) install -r requirements.txt
	$(PIP) install --no-deps --editable .
	@mkdir -p .venv/link && ln -sfn ../.. .venv/link/heatcheck
	@touch $@

.venv/dev.done: .venv/run.done requirements-dev.txt
	$(PIP) install -r requirements-dev.txt
	@touch $@

clean:
	rm -rf .venv build dist mutants *.egg-info
