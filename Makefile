# What a person types. Every target does its own set-up.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
SAM := .venv-sam/bin/sam
# Python 3.13 is what the template deploys; wherever pyenv keeps one, `sam build` must find it on PATH.
RUNTIMES := $(shell ls -d $${PYENV_ROOT:-$$HOME/.pyenv}/versions/3.13*/bin 2>/dev/null | tail -1)

.PHONY: run logs test check build bench lock format clean

run: $(STAMP)
	@$(BIN)/python -m local

logs: $(STAMP)
	@$(BIN)/python -m local.logs

test: $(STAMP)
	$(BIN)/python -m pytest -n 2 $(TESTS)

check: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/cfn-lint template.yaml

build: $(STAMP) $(SAM)
	rm -rf .aws-sam
	PATH="$(RUNTIMES):$$PATH" SAM_CLI_TELEMETRY=0 $(SAM) validate --lint
	PATH="$(RUNTIMES):$$PATH" SAM_CLI_TELEMETRY=0 $(SAM) build --no-cached
	@# The compiled parts are for arm64. Elsewhere, the same template is built for this machine too, to be imported.
	@if [ "$$(uname -m)" = x86_64 ]; then \
	  sed 's/arm64/x86_64/' template.yaml > .aws-sam/template-x86_64.yaml && \
	  PATH="$(RUNTIMES):$$PATH" SAM_CLI_TELEMETRY=0 $(SAM) build --no-cached --base-dir . \
	    --template-file .aws-sam/template-x86_64.yaml --build-dir .aws-sam/build-x86_64; fi
	$(BIN)/python -m pytest tests/test_artifacts.py -q

bench: $(STAMP)
	@for script in tests/bench/*.py; do echo "== $$script"; PYTHONPATH=. $(BIN)/python $$script || exit 1; done

# What the layer installs, exactly; without any index address, so that it works from anybody's.
lock: $(STAMP)
	$(BIN)/uv pip compile --quiet --upgrade pyproject.toml --python-version 3.13 --no-header --no-annotate \
	  --no-emit-index-url --no-emit-find-links --output-file shared/requirements.txt

format: $(STAMP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) .venv-sam .aws-sam .local .pytest_cache .mypy_cache .ruff_cache \
	  tests/browser/node_modules tests/browser/uppy6/node_modules

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Keepsake needs Python 3.11 or newer; $(PYTHON) is older. Try: make PYTHON=python3.13 $(MAKECMDGOALS)"; exit 1; }
	@echo "installing into $(VENV) (once) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip install --quiet --python $(BIN)/python -r pyproject.toml --extra local --extra test
	@touch $@

$(SAM):
	@echo "installing aws-sam-cli into .venv-sam (once) ..."
	@$(PYTHON) -m venv .venv-sam
	@.venv-sam/bin/python -m pip install --quiet --disable-pip-version-check uv
	@.venv-sam/bin/uv pip install --quiet --python .venv-sam/bin/python aws-sam-cli
