# Every command sets up what it needs: a virtual environment in .venv, from Python 3.11 or newer, and nothing else.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
.DEFAULT_GOAL := help
.PHONY: help setup demo run serve test check replay why who bench check-config package indexes clean

help:            ## this list
	@grep -E '^[a-z-]+: .*##|^##  ' $(MAKEFILE_LIST) | sed -E 's/^## +/\t  /; s/:[^#]*## +/\t/' | expand -t 14

setup: $(VENV)/tests.stamp  ## the virtual environment with all tools

demo: $(VENV)/run.stamp  ## one day of a 12-technician MSP, played and told; ends by itself
	$(PY) -m infra.local.demo $(ARGS)

run: $(VENV)/run.stamp  ## the same, then it stays up: open the address that it prints
	$(PY) -m infra.local.demo --stay $(ARGS)

serve: $(VENV)/run.stamp  ## the platform on this machine, for real
##  SETTINGS=<yaml> [DATA=<dir>]
	$(PY) -m infra.local.run --settings "$(or $(SETTINGS),infra/settings.example.yaml)" \
		--data "$(or $(DATA),var)" $(ARGS)

test: $(VENV)/tests.stamp  ## all tests; those that need the Firestore emulator say so
	$(PY) -m pytest $(ARGS)

check: $(VENV)/tests.stamp  ## what CI checks besides the tests: style, types, the index file
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(PY) -m infra.indexes --check

replay: $(VENV)/run.stamp  ## what would our clients have been told?
##  LOG=<csv|csv.gz> OUT=<dir> [SETTINGS=<yaml>]
	@$(if $(and $(LOG),$(OUT)),true,echo "say LOG=<csv or csv.gz> and OUT=<dir>"; exit 2)
	$(PY) -m infra.local.replay "$(LOG)" "$(OUT)" $(if $(SETTINGS),--settings "$(SETTINGS)") $(ARGS)

why: $(VENV)/run.stamp  ## why was somebody (not) told?
##  ALERT=<id> or TICKET=<number> [DATA=<dir>] [SETTINGS=<yaml>]
	@$(if $(ALERT)$(TICKET),true,echo "say ALERT=<id> or TICKET=<number>"; exit 2)
	@$(if $(and $(ALERT),$(TICKET)),echo "say ALERT=<id> or TICKET=<number>: one of them"; exit 2,true)
	@$(PY) -m infra.alerts.why $(if $(ALERT),--alert "$(ALERT)") $(if $(TICKET),--ticket "$(TICKET)") \
		$(if $(SETTINGS),--settings "$(SETTINGS)") --data "$(or $(DATA),var)" $(ARGS)

who: $(VENV)/run.stamp  ## who would be told?
##  [AT="2026-12-24 03:00"] [SEVERITY=] [KIND=] [CLIENT=] [TEAM=]
##  [OWNER=] [SETTINGS=<yaml>] [ARGS=--week] [ARGS=--addresses]
	@$(PY) -m infra.alerts.who --settings "$(or $(SETTINGS),infra/settings.example.yaml)" $(if $(AT),--at "$(AT)") \
		$(if $(SEVERITY),--severity "$(SEVERITY)") $(if $(KIND),--kind "$(KIND)") $(if $(CLIENT),--client "$(CLIENT)") \
		$(if $(TEAM),--team "$(TEAM)") $(if $(OWNER),--owner "$(OWNER)") $(ARGS)

bench: $(VENV)/tests.stamp  ## the figures: replay, webhook latency, store, calendar
	$(PY) -m tests.bench $(ARGS)

check-config: $(VENV)/run.stamp  ## explains every mistake in a settings file: FILE=<yaml>
	$(PY) -m shared.config.file "$(or $(FILE),infra/settings.example.yaml)"

package: $(VENV)/run.stamp  ## the one archive that every function is deployed from
	$(PY) -m infra.package dist/source.zip

indexes: $(VENV)/run.stamp  ## writes infra/firestore.indexes.json from the code's queries
	$(PY) -m infra.indexes

clean:           ## forgets everything that was built or played here
	rm -rf $(VENV) dist var .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; set PYTHON=..."; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: $(VENV)/bin/python requirements.txt infra/requirements.txt
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -r requirements.txt -r infra/requirements.txt
	@touch $@

$(VENV)/tests.stamp: $(VENV)/run.stamp tests/requirements.txt
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -r tests/requirements.txt
	@touch $@
