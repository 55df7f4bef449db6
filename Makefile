# The only command surface. Each target calls something that can be read, and linted, on its own.
SHELL := /bin/bash -euo pipefail
.DEFAULT_GOAL := help
.PHONY: help engine up down ps logs shell manage test lint lock images clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

engine: ## install and start Docker and Compose where they do not answer
	@bootstrap/engine

up: ## build, start, wait until all is healthy, tell where to look
	@bootstrap/up

down: ## stop; data, images and secrets stay
	@bootstrap/compose down

ps: ## the containers and their health
	@bootstrap/compose ps --all

logs: ## follow the logs (SERVICE=name for one)
	@bootstrap/compose logs --follow --tail 100 $(SERVICE)

shell: ## a shell in a running service (SERVICE=name)
	@bootstrap/compose exec $(or $(SERVICE),$(error which one? make shell SERVICE=uwsgi)) sh

manage: ## a command of manage.py (CMD="createsuperuser")
	@bootstrap/compose exec uwsgi python -m django $(or $(CMD),$(error which one? make manage CMD=createsuperuser))

test: ## prove it, on a stack of its own (ARGS="tests/routing -x")
	@tests/run $(ARGS)

lint: ## every linter: Python, shell, Docker, nginx, Compose, Django
	@lint/run

lock: ## write every requirements.txt anew from its requirements.in
	@lint/lock

images: ## pull the base images, or build stand-ins for them
	@bootstrap/images

clean: ## delete containers, DATA and images; asks (FORCE=1 does not)
	@bootstrap/clean
