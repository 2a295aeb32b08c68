# `make demo` shows the server at work, `make test` checks everything. Both need a Python >= 3.11
# with venv and pip, and nothing that was installed by hand. `make PYTHON=python3.13 test` takes
# that one.

export PYTHON
BIN := .venv/bin
SOURCES := vtmcp conformance tests $(wildcard benchmarks deploy)

# More words for pytest. For one test, `.venv/bin/python -m pytest -k WORD` is quicker.
PYTEST ?= -n auto

.PHONY: demo test check format-check lint types tests protocol-coverage conformance index bench \
	audit deploy-tools mcpb format clean
.NOTPARALLEL:

demo:
	@.ci/venv run
	@$(BIN)/vtmcp demo

test:
	@.ci/venv dev
	@$(MAKE) --no-print-directory check

check: format-check lint types conformance deploy-tools tests protocol-coverage

format-check:
	$(BIN)/ruff format --check --quiet $(SOURCES)

lint:
	$(BIN)/ruff check --quiet $(SOURCES)
	$(BIN)/bandit --quiet --recursive --severity-level medium -c pyproject.toml \
		vtmcp conformance

types:
	$(BIN)/mypy --no-error-summary

# The conformance vectors run with the tests: each is a row of one.
tests:
	$(BIN)/python -m pytest --cov --cov-report=term:skip-covered -q $(PYTEST)

# The engine's rules are all reachable from documents alone, so nothing excuses a gap.
protocol-coverage:
	@$(BIN)/coverage report --include='vtmcp/protocol/*' --fail-under=100 >.venv/protocol-coverage \
		|| { echo 'vtmcp/protocol/ is below 100 % of lines and branches:'; \
			cat .venv/protocol-coverage; exit 1; }

# The official suite, against the fixture server and the product. It needs npm, and says so where
# there is none.
conformance:
	@.ci/venv dev
	@.ci/conformance

# Helm's engine, hadolint and the schemas of Kubernetes, for tests/deploy.
deploy-tools:
	@.ci/venv dev
	@.ci/deploy-tools

# The weights of the documentation's search, after a page was edited.
index:
	@.ci/venv dev
	$(BIN)/python -m vtmcp.search.build

bench:
	@.ci/venv dev
	@for file in benchmarks/[a-z]*.py; do $(BIN)/python "$$file" || exit 1; done

# Known faults of the packages that are installed; asks a public list, so not a part of `test`.
audit:
	@.ci/venv dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'pip-audit>=2.7,<3'
	$(BIN)/pip-audit --skip-editable --progress-spinner off

# The bundle that desktop clients install, and what registries are told of the server.
mcpb:
	@.ci/venv run
	@$(BIN)/python deploy/mcpb/documents.py
	@$(BIN)/python deploy/mcpb/build.py build/vtmcp.mcpb

format:
	@.ci/venv dev
	$(BIN)/ruff check --fix --quiet $(SOURCES)
	$(BIN)/ruff format --quiet $(SOURCES)

clean:
	rm -rf .venv build dist htmlcov .coverage .coverage.* .hypothesis
	rm -rf .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
