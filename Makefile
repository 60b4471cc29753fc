# Needs Python 3.11 or newer, make and a package index. Everything else is installed into .venv, also for root.

PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed
PIP := python -m pip --quiet --disable-pip-version-check

# Tests outside of tests/fuzz of which `make test` runs fewer examples.
SAMPLED := tests/metrics_plugins/test_against_the_reference.py tests/graphql/results/test_evidence.py tests/graphql/accounts/test_portfolio.py \
	tests/store/test_import_order.py tests/store/test_listings.py tests/intake/test_cancelled_lines.py tests/intake/test_pairs_of_formats.py \
	tests/engine/test_portfolio.py

.PHONY: install demo test test-postgresql test-citus test-access test-fuzz test-attacks test-clients test-conformance lint reference benchmark benchmark-import benchmark-portfolio benchmark-rollups benchmark-rankings benchmark-cost benchmark-executor benchmark-serving benchmark-peers benchmark-loop benchmark-postgresql benchmark-worst-first benchmark-million constraints client-constraints clean

install: $(INSTALLED)

# The pip of Python may be too old for dependency groups, so the locked version is installed first.
$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/$(PIP) install --constraint constraints.txt --upgrade pip
	$(BIN)/$(PIP) install --constraint constraints.txt --build-constraint constraints.txt --editable . --group dev
	touch $@

# DATABASE=postgresql://… imports into that database instead of a file. It may have a password, so the command is not printed.
demo: install
	@$(BIN)/sellerhealth demo $(if $(DATABASE),--database '$(DATABASE)')

# Servers in the test process have many threads, and each would keep memory of its own. Commands in processes of their own start sooner
# where Python may keep what it has compiled.
test: install
	MALLOC_ARENA_MAX=2 PYTHONDONTWRITEBYTECODE= $(BIN)/pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

export PGBOUNCER ?= /usr/sbin/pgbouncer

# All tests on PostgreSQL, of which `make test` runs a part there, and through pgbouncer. What only a file of SQLite has is left out.
test-postgresql: install $(PGBOUNCER)
	MALLOC_ARENA_MAX=2 PYTHONDONTWRITEBYTECODE= $(BIN)/pytest --database postgresql --numprocesses auto --dist loadfile --no-loadscope-reorder

# The same on a cluster with Citus, whose coordinator the variable names. Its databases are made on every server, and dropped at the end.
test-citus: install $(PGBOUNCER)
	@test -n "$$SELLERHEALTH_TEST_CITUS" || { echo "SELLERHEALTH_TEST_CITUS must be the URL of a database on a coordinator: see docs/contributing.md" >&2; exit 2; }
	MALLOC_ARENA_MAX=2 PYTHONDONTWRITEBYTECODE= $(BIN)/pytest --database postgresql --numprocesses auto --dist loadfile --no-loadscope-reorder

# Generated and mutated files of every format, ids and cursors, many more of them than in `make test`, and new ones each time. Then all
# of the random sellers, filters, orders and imports, of which `make test` takes some. Last, random documents by their plans and by graphql-core.
test-fuzz: install
	FUZZ_EXAMPLES=$${FUZZ_EXAMPLES:-5000} $(BIN)/pytest --numprocesses auto tests/fuzz
	FUZZ_EXAMPLES=100 $(BIN)/pytest --numprocesses auto $(SAMPLED)
	FUZZ_EXAMPLES=$${DOCUMENTS:-10000} $(BIN)/pytest tests/graphql/executor/test_referee.py

# Attacks on real servers and accidents to real processes, many more of them than in `make test`, and on the data of the demo.
test-attacks: install $(PGBOUNCER) clients/schemathesis/.installed
	PYTHONPATH=. $(BIN)/python clients/schemathesis/run.py
	KILLS=$${KILLS:-50} CLIENTS=$${CLIENTS:-50} SERVER_KILLS=$${SERVER_KILLS:-10} FUZZ_EXAMPLES=$${FUZZ_EXAMPLES:-2000} $(BIN)/pytest --numprocesses auto --dist loadfile --ignore tests/attacks/test_load.py tests/attacks
	FUZZ_EXAMPLES=1 $(BIN)/pytest tests/attacks/test_load.py

# Requests about foreign accounts take as long as those about none: the CPU of 1,000 requests each, as ratios.
test-access: install
	FULL_WALK=1 $(BIN)/pytest tests/graphql/test_tenants.py
	$(BIN)/python benchmarks/foreign_accounts.py

clients/schemathesis/.installed: clients/schemathesis/pyproject.toml clients/schemathesis/constraints.txt | install
	$(PYTHON) -m venv --clear --without-pip clients/schemathesis/.venv
	$(BIN)/$(PIP) --python clients/schemathesis/.venv install --constraint clients/schemathesis/constraints.txt --group clients/schemathesis/pyproject.toml:clients
	touch $@

# Real clients against real servers. Also needs Node 20 or newer, npm and curl.
test-clients: install clients/apps/.installed clients/python/.installed
	PYTHONPATH=. $(BIN)/python clients/run.py

clients/apps/.installed: clients/apps/package-lock.json
	npm --prefix clients/apps ci --loglevel=error
	touch $@

clients/python/.installed: clients/python/pyproject.toml clients/python/constraints.txt | install
	$(PYTHON) -m venv --clear --without-pip clients/python/.venv
	$(BIN)/$(PIP) --python clients/python/.venv install --constraint clients/python/constraints.txt --group clients/python/pyproject.toml:clients
	touch $@

# Audits of GraphQL over HTTP, schema linters and a browser. Also needs Node 20 or newer, npm and Chromium.
export CHROMIUM ?= /usr/bin/chromium

test-conformance: install clients/conformance/.installed $(CHROMIUM)
	PYTHONPATH=. $(BIN)/python clients/conformance/run.py

clients/conformance/.installed: clients/conformance/package-lock.json
	npm --prefix clients/conformance ci --silent
	touch $@

/usr/sbin/pgbouncer:
	apt-get update --quiet
	apt-get install --yes --quiet --no-install-recommends pgbouncer

/usr/bin/chromium:
	apt-get update --quiet
	apt-get install --yes --quiet --no-install-recommends chromium

lint: install
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	MYPYPATH=benchmarks $(BIN)/mypy benchmarks
	cd examples/acme-shop-health && $(CURDIR)/$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/sellerhealth schema --check

reference: install
	$(BIN)/python docs/api/generate.py
	$(BIN)/python docs/plugins/generate.py
	$(BIN)/sellerhealth metric catalog --built-in > docs/catalog.md

# All of them but for the comparison with other servers, 1,000,000 orders and 100,000 accounts: about 15 minutes.
benchmark: benchmark-import benchmark-portfolio benchmark-rollups benchmark-rankings benchmark-cost benchmark-executor benchmark-serving benchmark-loop benchmark-postgresql

benchmark-import: install
	$(BIN)/python benchmarks/import_speed.py

benchmark-rollups: install
	$(BIN)/python benchmarks/rollups.py

# A dashboard of an account with 1,000,000 orders against one with 1,000, in CPU. It takes minutes, and is not part of `make benchmark`.
benchmark-million: install
	$(BIN)/python benchmarks/million.py

benchmark-portfolio: install
	$(BIN)/python benchmarks/portfolio.py

# The worst of 2,000 accounts: its first page and the next, and a portfolio of every metric, as ratios of CPU.
benchmark-rankings: install
	$(BIN)/python benchmarks/rankings.py

# How far the cost of documents is from the CPU that they take.
benchmark-cost: install
	$(BIN)/python benchmarks/cost.py

# The CPU to execute and encode operations with data in memory, as ratios to graphql-core and to Strawberry.
benchmark-executor: install
	$(BIN)/python benchmarks/executor.py

# A request for a dashboard over HTTP, computed and remembered, with one process and two workers, as ratios of CPU to a static response.
benchmark-serving: install
	$(BIN)/python benchmarks/serving.py

# The same documents answered by other servers, and the same numbers by PostGraphile, as ratios of CPU. Also needs npm, and x64 Linux: npm brings the Node.js that they run on.
benchmark-peers: install benchmarks/peers/.installed
	PYTHONPATH=benchmarks $(BIN)/python -m peers.in_memory
	PYTHONPATH=benchmarks:. $(BIN)/python -m peers.beside_postgraphile

benchmarks/peers/.installed: benchmarks/peers/package-lock.json benchmarks/peers/pyproject.toml benchmarks/peers/constraints.txt | install
	npm --prefix benchmarks/peers ci --silent
	$(PYTHON) -m venv --clear --without-pip benchmarks/peers/.venv
	$(BIN)/$(PIP) --python benchmarks/peers/.venv install --constraint benchmarks/peers/constraints.txt --group benchmarks/peers/pyproject.toml:peers
	touch $@

# How long the event loop of a server is kept busy at once, in CPU.
benchmark-loop: install
	$(BIN)/python benchmarks/loop.py

# Imports, a dashboard, a portfolio and a copy on a PostgreSQL server, as ratios of CPU to SQLite and to a bare COPY.
benchmark-postgresql: install
	PYTHONPATH=. $(BIN)/python benchmarks/postgresql.py

# The worst of 100,000 accounts on a PostgreSQL server, in CPU of all processes. It takes ten minutes, and is not part of `make benchmark`.
benchmark-worst-first: install
	PYTHONPATH=. $(BIN)/python benchmarks/worst_first.py

# Locks the newest versions that pyproject.toml allows, including hatchling, as installed in a fresh environment.
constraints:
	rm -rf .venv-fresh
	$(PYTHON) -m venv .venv-fresh
	.venv-fresh/bin/$(PIP) install --upgrade pip
	.venv-fresh/bin/$(PIP) install --editable . --group dev hatchling
	echo '# What `make install` installs, by exact version. Made by `make constraints`.' > constraints.txt
	.venv-fresh/bin/$(PIP) freeze --all --exclude-editable --exclude setuptools >> constraints.txt
	rm -rf .venv-fresh

# The same for the clients in Python, and for the servers to compare with.
client-constraints: install
	rm -rf clients/python/.installed
	$(PYTHON) -m venv --clear --without-pip clients/python/.venv
	$(BIN)/$(PIP) --python clients/python/.venv install --group clients/python/pyproject.toml:clients
	echo '# What `make test-clients` installs for the clients in Python, by exact version. Made by `make client-constraints`.' > clients/python/constraints.txt
	$(BIN)/$(PIP) --python clients/python/.venv freeze >> clients/python/constraints.txt
	rm -rf clients/schemathesis/.installed
	$(PYTHON) -m venv --clear --without-pip clients/schemathesis/.venv
	$(BIN)/$(PIP) --python clients/schemathesis/.venv install --group clients/schemathesis/pyproject.toml:clients
	echo '# What `make test-attacks` installs for schemathesis, by exact version. Made by `make client-constraints`.' > clients/schemathesis/constraints.txt
	$(BIN)/$(PIP) --python clients/schemathesis/.venv freeze >> clients/schemathesis/constraints.txt
	rm -rf benchmarks/peers/.installed
	$(PYTHON) -m venv --clear --without-pip benchmarks/peers/.venv
	$(BIN)/$(PIP) --python benchmarks/peers/.venv install --group benchmarks/peers/pyproject.toml:peers
	echo '# What `make benchmark-peers` installs for the servers in Python, by exact version. Made by `make client-constraints`.' > benchmarks/peers/constraints.txt
	$(BIN)/$(PIP) --python benchmarks/peers/.venv freeze >> benchmarks/peers/constraints.txt

clean:
	rm -rf clients/*/node_modules clients/*/.venv clients/*/.installed benchmarks/peers/node_modules benchmarks/peers/.venv benchmarks/peers/.installed
	rm -rf .venv .venv-fresh build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
