# Everything works on a fresh clone; what is needed is installed into .venv, node_modules and .local_cloud first.
# A new machine needs Python 3.11 or later, make and openssl; if Node.js is missing, it comes from PyPI.

PYTHON ?= python3
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
# The Node.js version whose end of life jsii is not to announce at every start.
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 20
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header \
	--no-emit-index-url --no-emit-find-links

EXAMPLES := $(sort $(notdir $(patsubst %/README.md,%,$(wildcard examples/*/README.md))))
EXAMPLE := $(if $(filter 1,$(words $(NAME))),$(filter $(NAME),$(EXAMPLES)))

# The slowest files come first.
PYTEST := $(BIN)/pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

.PHONY: help demo example package test test-handler test-cli test-library test-deployed test-tools test-external test-plans coverage fuzz sequences broken-rules faults bench docs ci release picture lint cloud cloud-stop lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: .venv/ready node_modules/ready ## deploy, change and destroy a voice channel on a local cloud
	@$(BIN)/python -m local_cloud demo

example: $(if $(EXAMPLE),.venv/ready node_modules/ready) ## run an example on a local cloud: make example NAME=shared_provider
	@$(if $(EXAMPLE),$(BIN)/python -m local_cloud example $(EXAMPLE),echo "make example NAME=… needs one of: $(EXAMPLES)" >&2; exit 2)

package: .venv/ready node_modules/ready ## write the provider as a template and a zip into dist/package
	@$(BIN)/python -m provider_package

test: .venv/ready node_modules/ready ## all tests but test-external
	@$(PYTEST) tests/deployed tests/library tests/tools tests/handler tests/cli

test-handler: .venv/ready ## what the function does, in under a minute
	@$(PYTEST) tests/handler

test-cli: .venv/ready ## the command pinpoint-voice
	@$(PYTEST) tests/cli

test-library: .venv/ready node_modules/ready ## the constructs: templates, asset, wheel, package
	@$(PYTEST) tests/library

test-deployed: .venv/ready node_modules/ready ## all that is deployed on the local cloud
	@$(PYTEST) tests/deployed

test-plans: .venv/ready node_modules/ready ## compare what pinpoint-voice plans for each scenario with what is then done
	@$(PYTEST) tests/deployed/test_scenarios.py --planned

coverage: .venv/ready node_modules/ready ## fail where a line or branch is run by no test of the handler or the library
	@$(PYTEST) tests/handler tests/library --ignore tests/library/test_distribution.py --cov

test-external: .venv/ready node_modules/ready ## checks that others wrote, and the oldest CDK
	@$(PYTEST) tests/external

test-tools: .venv/ready node_modules/ready ## the local cloud, the fault lab and the benchmarks themselves
	@$(PYTEST) tests/tools

fuzz: .venv/ready ## 20,000 valid and mutated events instead of the thousand of make test
	@$(BIN)/pytest tests/handler/test_fuzz.py --hypothesis-profile long -p no:logging -rP

sequences: .venv/ready ## 20,000 random sequences of operations on stacks instead of the 200 of make test
	@$(BIN)/pytest tests/handler/test_properties.py --hypothesis-profile long -p no:logging

broken-rules: .venv/ready ## break the handler's rules one by one, and tell which tests find that
	@$(BIN)/python tests/broken_rules.py

faults: .venv/ready ## all faults between the handler and the local Pinpoint or CloudFormation, and limits of memory
	@$(BIN)/python -m fault_lab --write

bench: .venv/ready node_modules/ready ## measure the project beside its peers, and write benchmarks/RESULTS.md
	@$(BIN)/python -m benchmarks $(ARGS)

docs: .venv/ready node_modules/ready ## write the references, and all documents as a site into dist/site
	@$(BIN)/python -m documentation

ci: ## all that .ci/run runs: what has to pass before a change is handed in
	@bash .ci/run

release: .venv/ready node_modules/ready ## write the wheel, the provider package, SBOM and checksums into dist/release
	@$(BIN)/python -m release

picture: .venv/ready node_modules/ready ## draw the picture of the README from a real run
	@$(BIN)/python -m benchmarks.picture

lint: .venv/ready ## ruff and strict mypy
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy

cloud: .venv/ready node_modules/ready ## start a local cloud and print how to use it
	@$(BIN)/python -m local_cloud up

cloud-stop: ## stop it, and print what turns a shell back
	@if [ -e .venv/ready ]; then $(BIN)/python -m local_cloud down; else echo "The local cloud is down." >&2; fi

lock: .venv/ready ## compile the pinned requirements from the *.in files
	$(BIN)/pip install --quiet uv
	$(COMPILE) requirements.in --output-file requirements.txt
	$(COMPILE) --generate-hashes --no-emit-package pinpoint-voice-channel requirements-dev.in --output-file requirements-dev.txt
	$(COMPILE) --generate-hashes requirements-node.in --output-file requirements-node.txt
	$(COMPILE) --generate-hashes local_cloud/runtime.in --output-file local_cloud/runtime.txt
	for name in tests/external/*.in release/*.in documentation/*.in; do $(COMPILE) --generate-hashes $$name --output-file $${name%.in}.txt; done

clean: ## stop the local cloud, and remove what was installed and built
	@$(MAKE) --silent cloud-stop >/dev/null
	rm -rf .venv node_modules .local_cloud .benchmarks .external cdk.out dist

.venv/ready: requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: make PYTHON=…")'
	@$(PYTHON) -m local_cloud.installation $@ $^

node_modules/ready: package-lock.json .venv/ready
	@$(BIN)/python -m local_cloud.installation $@ $^
