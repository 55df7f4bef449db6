# The stack's only command interface. Each target calls a script that can be read and linted on its own.
SHELL := /bin/bash -euo pipefail
.DEFAULT_GOAL := help
.PHONY: help engine up roll rotate certs gallery gallery-down down ps logs shell manage backup restore test test-faults test-security test-gallery bench lint lock images clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

engine: ## install and start Docker and Compose, where needed
	@bootstrap/engine

up: ## build, start, wait until all is healthy, tell where to look
	@bootstrap/up

roll: ## a new version, no request lost (GATEWAY=name for one)
	@bootstrap/roll $(GATEWAY)

rotate: ## a new database password, no request lost
	@bootstrap/rotate

certs: ## the certificate: for development, or yours; takes it over
	@bootstrap/certs

gallery: ## every other gateway interface, beside the stack
	@bootstrap/gallery up

gallery-down: ## stop the gallery; the stack goes on
	@bootstrap/gallery down

down: ## stop; data, images and secrets stay
	@bootstrap/compose down

ps: ## the containers and their health
	@bootstrap/compose ps --all

logs: ## follow the logs (SERVICE=name for one)
	@bootstrap/compose logs --follow --tail 100 $(SERVICE)

shell: ## a shell in a running service (SERVICE=name)
	@bootstrap/compose exec $(or $(SERVICE),$(error which one? For example: make shell SERVICE=uwsgi)) sh

manage: ## a command of manage.py (CMD="createsuperuser")
	@bootstrap/compose exec --env DATABASE_STATEMENT_TIMEOUT=0 uwsgi python -m django $(or $(CMD),$(error which one? For example: make manage CMD=createsuperuser))

backup: ## database and uploads into one file, while serving (FILE=)
	@bootstrap/backup $(if $(FILE),"$(FILE)")

restore: ## put a backup in the place of what is there; asks (FILE=)
	@bootstrap/restore "$(or $(FILE),$(error which one? For example: make restore FILE=backups/...))"

test: ## prove it, on a stack of its own (ARGS="tests/routing -x")
	@tests/run $(ARGS)

test-faults: ## prove the bad days, in the long form (ARGS=)
	@FAULTS=full tests/run $(or $(ARGS),tests/backup tests/faults tests/bootstrap/test_owner.py)

test-security: ## prove that nothing gets in, in the long form (ARGS=)
	@SECURITY=full tests/run $(or $(ARGS),tests/security)

test-gallery: ## prove what each server of the gallery does (ARGS=)
	@tests/run $(or $(ARGS),tests/gallery)

bench: ## measure every gateway here (QUICK=1, GALLERY=1, SCENARIO=)
	@bench/run

lint: ## every linter: Python, shell, Docker, nginx, Compose, Django
	@lint/run

lock: ## write every requirements.txt anew from its requirements.in
	@lint/lock

images: ## pull the base images, or build fallbacks (UPDATE=1)
	@bootstrap/images

clean: ## delete containers, DATA and images; asks (FORCE=1 does not)
	@bootstrap/clean
