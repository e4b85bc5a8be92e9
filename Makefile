# The two that matter: `make stress` runs the main job, `make test` passes the tests.
# Both set everything up first; the second time that takes no time.
PYTHON ?= python3
WORKERS ?= 2
RUNS ?= 2000
STEPS ?= 50
SEED ?= random
BIN := .venv/bin
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
export PYTHONDONTWRITEBYTECODE ?=

CONTRACTS := $(shell find contracts -name '*.vy' -o -name '*.vyi')
ENGINE := $(shell find engine -name '*.rs' -o -name 'Cargo.*' -o -name pyproject.toml 2>/dev/null | grep -v /target/)

.PHONY: setup stress test check validate fuzz hunt mutate gas bench lock clean

setup: .venv/.ready node_modules/.ready .build/.engine .build/.contracts

.venv/.ready: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' || \
		{ echo "Python 3.11 or 3.12 is needed; name one: make PYTHON=python3.11"; exit 2; }
	@echo "Installing the locked Python requirements into .venv"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

node_modules/.ready: package-lock.json
	@mkdir -p node_modules
	@if command -v npm >/dev/null; then \
		echo "Installing anvil from npm"; npm install --no-save --loglevel=error --no-audit --no-fund; \
	else echo "npm is not here: going on without anvil"; fi
	@touch $@

.build/.engine: $(ENGINE) .venv/.ready
	@mkdir -p .build
	@if test ! -f engine/Cargo.toml; then :; \
	elif command -v cargo >/dev/null; then \
		echo "Building the native engine"; \
		PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/maturin develop --release --quiet \
			-m engine/Cargo.toml >.build/engine.log 2>&1 || { cat .build/engine.log; exit 1; }; \
	else echo "cargo is not here: going on without the native engine"; fi
	@touch $@

.build/.contracts: $(CONTRACTS) .venv/.ready
	@mkdir -p .build
	@echo "Compiling the contracts"
	@$(BIN)/python -m sim.chain.artifacts
	@touch $@

stress: setup
	@$(BIN)/plimsoll run black-thursday --crosscheck 300 \
		--against liquidators.count=0 --against venue.model=none --against oracle.source=delayed

test: setup
	@if command -v cargo >/dev/null; then cargo test --quiet --manifest-path engine/Cargo.toml; fi
	@$(BIN)/pytest -n $(WORKERS) --dist loadfile --ignore tests/contracts
	@$(BIN)/pytest -n $(WORKERS) --dist loadfile tests/contracts

check: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m sim.chain.artifacts
	@if command -v cargo >/dev/null; then \
		cargo fmt --check --manifest-path engine/Cargo.toml && \
		cargo clippy --quiet --all-targets --manifest-path engine/Cargo.toml -- -D warnings; fi

# Every law with all its paths: law, expected, measured, tolerance, verdict
validate: setup
	@$(BIN)/python -m tests.validation --workers $(WORKERS)

# The contract beside its reference: make fuzz RUNS=2000 STEPS=50 SEED=1
fuzz: setup
	@PLIMSOLL_FUZZ=1 PLIMSOLL_FUZZ_RUNS=$(RUNS) PLIMSOLL_FUZZ_STEPS=$(STEPS) \
		$(BIN)/pytest -n $(WORKERS) --dist loadfile --hypothesis-seed=$(SEED) tests/invariants

mutate: setup
	@$(BIN)/python -m tests.mutation

# Faults planted in the contracts, and how soon a check finds them.
hunt: setup
	@$(BIN)/python -m tests.hunt --workers $(WORKERS)

gas: setup
	@$(BIN)/python -m tests.gas

bench: setup
	@$(BIN)/python -m bench

lock:
	@$(BIN)/uv pip compile requirements.in --python-version 3.11 --universal --generate-hashes \
		--no-annotate --no-header --quiet --output-file requirements.txt

clean:
	rm -rf .venv node_modules .build out engine/target
