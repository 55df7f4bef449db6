# The stack's only command interface. Each target calls a script that can be read and linted on its own.
SHELL := /bin/bash -euo pipefail
.DEFAULT_GOAL := help
.PHONY: help engine up roll rotate certs gallery gallery-down down ps logs shell manage backup restore \
  test test-full test-faults test-security test-gallery bench lint lock images clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

engine: ## install and start Docker and Compose, where needed
	@bin/engine

up: ## build, start, wait until all is healthy, print addresses
	@bin/up

roll: ## deploy a new version; no request lost (GATEWAY=name: one)
	@bin/roll $(GATEWAY)

rotate: ## change the database password; no request lost
	@bin/rotate

certs: ## create a development certificate, or check and load yours
	@bin/certs

gallery: ## start every other gateway interface, beside the stack
	@bin/gallery up

gallery-down: ## stop the gallery; the stack keeps running
	@bin/gallery down

down: ## stop; data, images and secrets stay
	@bin/compose down

ps: ## show the containers and their health
	@bin/compose ps --all

logs: ## follow the logs (SERVICE=name for one)
	@bin/compose logs --follow --tail 100 $(SERVICE)

shell: ## open a shell in a running service (SERVICE=name)
	@bin/compose exec $(or $(SERVICE),$(error which one? For example: make shell SERVICE=uwsgi)) sh

manage: ## run a command of manage.py (CMD="createsuperuser")
	@bin/compose exec --env DATABASE_STATEMENT_TIMEOUT=0 @gateway python -m django \
	  $(or $(CMD),$(error which one? For example: make manage CMD=createsuperuser))

backup: ## back up database and uploads, while serving (FILE=)
	@bin/backup $(if $(FILE),"$(FILE)")

restore: ## replace the data with that of a backup; asks first (FILE=)
	@bin/restore "$(or $(FILE),$(error which one? For example: make restore FILE=backups/...))"

test: ## run the tests on a separate stack (ARGS="tests/edge -x")
	@bin/test $(ARGS)

test-full: ## run all tests in their long form: some two hours (ARGS=)
	@FAULTS=full SECURITY=full bin/test $(ARGS)

test-faults: ## run the fault and backup tests in their long form (ARGS=)
	@FAULTS=full bin/test $(or $(ARGS),$(addprefix tests/operations/,backup faults bootstrap/test_owner.py))

test-security: ## run the security tests in their long form (ARGS=)
	@SECURITY=full bin/test $(or $(ARGS),tests/security)

test-gallery: ## test every server of the gallery (ARGS=)
	@bin/test $(or $(ARGS),tests/lab/gallery)

bench: ## benchmark every gateway (QUICK=1, GALLERY=1, SCENARIO=)
	@bin/bench

lint: ## run linters: Python, shell, Docker, nginx, Compose, Django
	@bin/lint

lock: ## rewrite every requirements.txt from its requirements.in
	@bin/lock

images: ## pull the base images, or build fallbacks (UPDATE=1)
	@bin/images

clean: ## delete containers, DATA, images; asks first (FORCE=1: no)
	@bin/clean
