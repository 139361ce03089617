# Everything runs in .venv, made from requirements.lock on first use and reused after.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 18

$(VENV)/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Tocsin needs Python 3.11 or newer, this is " + sys.version.split()[0] + "; name another with make PYTHON=...") if sys.version_info < (3, 11) else None'
	@echo "making $(VENV) from requirements.lock: a minute or two, once"
	@test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -q --require-hashes --no-deps -r requirements.lock
	@$(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .
	@touch $@

setup: $(VENV)/.installed ## make .venv with everything in it

up: setup ## the whole pipeline on the embedded broker: worker, receiver, sample articles
	$(BIN)/tocsin up $(ARGS)

KAFKA_JARS := deploy/kafka-local/target/.copied

$(KAFKA_JARS): deploy/kafka-local/pom.xml
	@echo "fetching the jars of a Kafka broker for tests: once"
	@mvn -q -B -Dstyle.color=never -f deploy/kafka-local/pom.xml dependency:copy-dependencies -DoutputDirectory=target/jars && touch $@ \
	|| { echo "mvn is not here or could not fetch the jars: no tests on a real Kafka; with CI=true that is a failure" >&2; \
	test "$$CI" != true; }

kafka-jars: $(KAFKA_JARS) ## fetch the broker's jars (needs Maven and Java 17)

kafka: setup kafka-jars ## a real Kafka on this machine, until Ctrl-C
	$(BIN)/python -m streams.local_kafka

# Four, though there may be fewer cores: those on a real Kafka mostly wait. Bytecode is kept, whatever the environment
# says: the tests start a hundred processes.
test: setup kafka-jars ## all tests
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -q -n 4 --dist loadfile --no-loadscope-reorder $(ARGS)

chaos: setup kafka-jars ## kill, stop and cut off everything, and check the books; ARTICLES= KILLS= SEED= BROKERS=3
	$(BIN)/python -m tests.chaos

bench-quick: setup kafka-jars ## speed in under 50 s: throughput, reading, latency; BENCH_SAMPLE= names real articles
	$(BIN)/python -m benchmarks.quick

bench-match: setup ## the cost of an article at 1k, 100k and 1M watched literals
	$(BIN)/python -m benchmarks.match

PEERS := $(VENV)/peers/.installed

bench-isolation: setup kafka-jars ## what one bad endpoint of fifty costs the others, in about two minutes
	$(BIN)/python -m benchmarks.isolation

$(PEERS): benchmarks/requirements.txt
	@test -x $(VENV)/peers/bin/pip || $(PYTHON) -m venv $(VENV)/peers
	$(VENV)/peers/bin/python -m pip install -q -r benchmarks/requirements.txt
	@touch $@

bench: setup kafka-jars $(PEERS) ## all measurements: about 20 minutes; PART= names some of them
	$(BIN)/python -m benchmarks.everything $(PART)

lint: setup ## format, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/mypy tests benchmarks
	$(BIN)/lint-imports

quality: setup ## how well articles are read, on labelled texts
	$(BIN)/python -m benchmarks.quality $(ARGS)

$(VENV)/.training: $(VENV)/.installed
	$(BIN)/python -m pip install -q 'scikit-learn>=1.6,<2'
	@touch $@

quality-actors: setup ## how well actors are named, by language and kind
	$(BIN)/python -m benchmarks.quality_actors $(ARGS)

quality-stories: setup ## how well articles are grouped into stories
	$(BIN)/python -m benchmarks.quality_stories $(ARGS)

quality-held-out: $(VENV)/.training ## as quality, each text read with weights trained without its source
	$(BIN)/python -m benchmarks.quality --held-out $(ARGS)

weights: $(VENV)/.training ## train the weights of the topic classifier anew
	$(BIN)/python -m benchmarks.train_topics

COMPILE := $(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11

lock: setup ## renew the three lock files from pyproject.toml: development, image, build of the image
	$(BIN)/python -m pip install -q 'uv>=0.8'
	$(COMPILE) --group dev --extra apprise pyproject.toml -o requirements.lock
	$(COMPILE) --extra apprise pyproject.toml -c requirements.lock -o deploy/requirements-runtime.lock
	$(COMPILE) --group pyproject.toml:build -c requirements.lock -o deploy/requirements-build.lock

.PHONY: help setup up test lint lock kafka kafka-jars chaos bench bench-quick bench-match bench-isolation quality quality-held-out quality-actors quality-stories weights
