# Every image of the stack, one stage each, in reading order: what the gateways share, the gateways, the edge, the
# tools. What changes least comes first. There is no `# syntax=` line: it would need a registry.

# Defaults for Docker without Compose. Compose passes the values of .env.
ARG PYTHON_IMAGE=python:3.13-slim-trixie
ARG NGINX_IMAGE=nginx:1.30

# The Django project, as a separate build context: compose.yaml names the folder APPS for it, wherever that is.
FROM scratch AS apps
COPY apps/ /

# The files of this repository that images contain. COPY keeps the modes of the clone. With umask 077 only the owner
# could read them, and no gateway would start. So this stage, once, lets everybody read all files and run the programs.
FROM ${PYTHON_IMAGE} AS files
WORKDIR /files
COPY nginx nginx
COPY uwsgi uwsgi
COPY gunicorn gunicorn
COPY daphne daphne
COPY tricorn tricorn
RUN chmod -R u=rwX,go=rX .

# ---- package: tricorn, what the stack adds to a project and to stock servers. /installed is a copy of /usr/local ----
FROM ${PYTHON_IMAGE} AS package
RUN --mount=type=bind,source=tricorn/requirements.txt,target=/mnt/requirements.txt \
    --mount=type=secret,id=pip.conf,target=/etc/pip.conf \
    pip install --no-cache-dir --disable-pip-version-check --root-user-action=ignore --require-hashes \
      -r /mnt/requirements.txt
COPY --from=files /files/tricorn /tricorn
RUN pip wheel --no-cache-dir --disable-pip-version-check --no-index --no-deps --no-build-isolation \
      --wheel-dir /wheels /tricorn \
 && pip install --no-cache-dir --disable-pip-version-check --root-user-action=ignore --no-index --no-deps \
      --prefix /installed /wheels/*.whl

# ---- django: Python, the project's requirements, the user that every gateway runs as ----
FROM ${PYTHON_IMAGE} AS django
# 999 is the user of the official postgres and valkey images. A secret is a file of mode 600 with one owner, so all
# users that read it must have the same number.
RUN groupadd --system --gid 999 app \
 && useradd --system --uid 999 --gid app --no-create-home --home-dir /nonexistent app \
 && install -d -o app -g app /srv/uploads /srv/uploads/media /srv/uploads/tmp \
 # No setuid or setgid programs (su, mount, passwd ...). Costs 1 MB: the layer contains these files again.
 && find / -xdev -type f -perm /6000 -exec chmod a-s {} +
# LANG: the official Python images set none. An embedded Python, as in uWSGI, then uses ASCII for file names and open():
# an upload called "é" got 500. PYTHONUTF8=1 has no effect there.
# TMPDIR: larger bodies are spooled to the volume. /tmp is a tmpfs, and would count as the container's memory.
ENV LANG=C.UTF-8 PYTHONUNBUFFERED=1 PYTHONPATH=/srv/apps \
    STATIC_ROOT=/srv/static MEDIA_ROOT=/srv/uploads/media FILE_UPLOAD_TEMP_DIR=/srv/uploads/tmp TMPDIR=/srv/uploads/tmp
WORKDIR /srv/apps
# PIP_CONFIG_FILE on the host, pip's own variable, is a build secret of every pip here: a private index leaves no trace.
RUN --mount=type=bind,from=apps,source=requirements.txt,target=/mnt/requirements.txt \
    --mount=type=secret,id=pip.conf,target=/etc/pip.conf \
    pip install --no-cache-dir --disable-pip-version-check --root-user-action=ignore --require-hashes \
      -r /mnt/requirements.txt

# ---- project: the code with its bytecode, and the collected static files ----
FROM django AS project
ARG DJANGO_SETTINGS_MODULE
COPY --from=package /installed /usr/local
COPY --from=apps / .
# The modes of the clone, as above. The bytecode is compiled here, as root: at run time the root is read-only, and every
# start would compile everything again. A .py file that is not Python (a template, for example) is left out. If a needed
# module cannot be compiled, the test of the project finds it.
RUN chmod -R u=rwX,go=rX . && { python -m compileall -q . || echo "compileall: the files above have no bytecode"; }
# Dummy values: collectstatic needs settings that import, and no secret may enter a layer.
RUN SECRET_KEY=collectstatic POSTGRES_PASSWORD=none VALKEY_PASSWORD=none \
    python -m django collectstatic --no-input --verbosity 0 \
 && mkdir -p "$STATIC_ROOT" && touch "$STATIC_ROOT/staticfiles.json" \
 # If FILE_UPLOAD_PERMISSIONS allow only the owner, these files have that mode, and nginx, another user, cannot read
 # them.
 && chmod -R u=rwX,go=rX "$STATIC_ROOT" \
 # -9 costs nothing here and saves bytes with every download. nginx sends all other files as they are. --force: a
 # NAME.gz of the project, or of its storage, would end the build, and may belong to an older NAME.
 && find "$STATIC_ROOT" -type f -size +256c \( \
      -name '*.css' -o -name '*.js' -o -name '*.mjs' -o -name '*.cjs' -o -name '*.wasm' -o -name '*.map' \
      -o -name '*.json' -o -name '*.webmanifest' -o -name '*.svg' -o -name '*.xml' -o -name '*.txt' \
      -o -name '*.html' -o -name '*.ttf' -o -name '*.otf' \) \
      -exec gzip -9 --keep --force --no-name {} +

# ---- migrate: one shot ----
FROM django AS migrate
COPY --from=package /installed /usr/local
COPY --from=project /srv/apps /srv/apps
USER 999:999
CMD ["python", "-m", "django", "migrate", "--no-input"]

# ---- uwsgi ----
# From the bare Python: if the project's requirements change, uWSGI is not compiled again.
FROM ${PYTHON_IMAGE} AS uwsgi-build
RUN apt-get update -qq && apt-get install -qq --no-install-recommends gcc libc6-dev && rm -rf /var/lib/apt/lists/*
RUN --mount=type=bind,source=uwsgi/requirements.txt,target=/mnt/requirements.txt \
    --mount=type=secret,id=pip.conf,target=/etc/pip.conf \
    pip wheel --no-cache-dir --disable-pip-version-check --require-hashes --wheel-dir /wheels -r /mnt/requirements.txt
RUN pip install --no-cache-dir --disable-pip-version-check --root-user-action=ignore --no-index --no-deps /wheels/*.whl
COPY --from=package /installed /usr/local
RUN python -m tricorn.uwsgi_plugins /plugins

FROM django AS uwsgi
RUN --mount=type=bind,from=uwsgi-build,source=/wheels,target=/wheels \
    pip install --no-cache-dir --disable-pip-version-check --root-user-action=ignore --no-index --no-deps \
      /wheels/*.whl
COPY --from=uwsgi-build /plugins /etc/uwsgi/plugins
COPY --from=files /files/uwsgi/uwsgi.ini /etc/uwsgi/
COPY --from=package /installed /usr/local
COPY --from=project /srv/static/staticfiles.json /srv/static/
COPY --from=project /srv/apps /srv/apps
# The last two are what the plugins need where Compose does not set them.
ENV GATEWAY=uwsgi GATEWAY_SERVER=uWSGI GATEWAY_DISTRIBUTION=uWSGI GATEWAY_PROTOCOL=uwsgi HEALTH_PORT=8001 \
    REQUEST_TIMEOUT=30 PROXY_HOST=
USER 999:999
HEALTHCHECK CMD ["python", "-I", "-m", "tricorn.healthcheck"]
CMD ["uwsgi", "--ini", "/etc/uwsgi/uwsgi.ini", "--module", "tricorn.answers.wsgi:application"]

# ---- gunicorn + UvicornWorker ----
FROM django AS gunicorn
RUN --mount=type=bind,source=gunicorn/requirements.txt,target=/mnt/requirements.txt \
    --mount=type=secret,id=pip.conf,target=/etc/pip.conf \
    pip install --no-cache-dir --disable-pip-version-check --root-user-action=ignore --require-hashes \
      -r /mnt/requirements.txt
# It names the stock worker, and CMD the package's, which wins. GUNICORN_CMD_ARGS stays free for options of your own.
COPY --from=files /files/gunicorn/gunicorn.conf.py /etc/gunicorn/
COPY --from=package /installed /usr/local
COPY --from=project /srv/static/staticfiles.json /srv/static/
COPY --from=project /srv/apps /srv/apps
ENV GATEWAY=gunicorn GATEWAY_SERVER="gunicorn + UvicornWorker" GATEWAY_DISTRIBUTION=gunicorn GATEWAY_PROTOCOL=http \
    HEALTH_PORT=8000
USER 999:999
HEALTHCHECK CMD ["python", "-I", "-m", "tricorn.healthcheck"]
CMD ["gunicorn", "--config", "/etc/gunicorn/gunicorn.conf.py", \
     "--worker-class", "tricorn.gunicorn_worker.LeanWorker"]

# ---- daphne ----
FROM django AS daphne
RUN --mount=type=bind,source=daphne/requirements.txt,target=/mnt/requirements.txt \
    --mount=type=secret,id=pip.conf,target=/etc/pip.conf \
    pip install --no-cache-dir --disable-pip-version-check --root-user-action=ignore --require-hashes \
      -r /mnt/requirements.txt \
 # Twisted contains its own test suite, a quarter of its size.
 && find /usr/local/lib/python3.*/site-packages/twisted -type d -name test -prune -exec rm -r {} +
COPY --from=files /files/daphne/run /etc/daphne/
COPY --from=package /installed /usr/local
COPY --from=project /srv/static/staticfiles.json /srv/static/
COPY --from=project /srv/apps /srv/apps
ENV GATEWAY=daphne GATEWAY_SERVER=Daphne GATEWAY_DISTRIBUTION=daphne GATEWAY_PROTOCOL=http HEALTH_PORT=9000
USER 999:999
HEALTHCHECK CMD ["python", "-I", "-m", "tricorn.healthcheck"]
CMD ["/etc/daphne/run", "python", "-m", "tricorn.daphne_server", \
     "--websocket-class", "tricorn.daphne_lean:LeanWebSocket"]

# ---- nginx: the edge, with the static files ----
FROM ${NGINX_IMAGE} AS nginx
RUN install -d -o nginx -g nginx /var/cache/nginx /srv/uploads && find / -xdev -type f -perm /6000 -exec chmod a-s {} +
COPY --from=files /files/nginx /etc/nginx
COPY --from=project /srv/static /etc/nginx/static
USER 101:101
# --noproxy: Docker gives each container the proxies of its client's configuration, and curl would use them.
HEALTHCHECK CMD ["curl", "--noproxy", "*", "--fail", "--silent", "--max-time", "4", "http://127.0.0.1:8080/healthz"]
ENTRYPOINT ["/etc/nginx/entrypoint"]
CMD []

# ---- gallery: every other server, in one image (lab/compose.gallery.yaml) ----
# Not in lab/Dockerfile: a stage cannot continue one of another file. The image of that stage could be a build context,
# but Compose builds all services at once, so the gallery would continue the image of the build before.
FROM ${PYTHON_IMAGE} AS mod_wsgi-build
RUN apt-get update -qq \
 && apt-get install -qq --no-install-recommends gcc libc6-dev apache2-dev \
 && rm -rf /var/lib/apt/lists/*
RUN --mount=type=bind,source=lab/gallery/mod_wsgi/requirements.txt,target=/mnt/requirements.txt \
    --mount=type=secret,id=pip.conf,target=/etc/pip.conf \
    pip install --no-cache-dir --disable-pip-version-check --root-user-action=ignore --require-hashes \
      --target /mod_wsgi -r /mnt/requirements.txt

FROM django AS gallery
# Apache, and fcgiwrap, which starts CGI programs; cgi-fcgi checks fcgiwrap's health. No setuid or setgid programs.
RUN apt-get update -qq \
 && apt-get install -qq --no-install-recommends apache2-bin fcgiwrap libfcgi-bin \
 && rm -rf /var/lib/apt/lists/* \
 && find / -xdev -type f -perm /6000 -exec chmod a-s {} +
RUN --mount=type=bind,from=uwsgi-build,source=/wheels,target=/wheels \
    --mount=type=bind,source=lab/gallery/requirements.txt,target=/mnt/requirements.txt \
    --mount=type=secret,id=pip.conf,target=/etc/pip.conf \
    --mount=type=bind,from=mod_wsgi-build,source=/mod_wsgi,target=/mod_wsgi \
    pip install --no-cache-dir --disable-pip-version-check --root-user-action=ignore --no-index --no-deps \
      /wheels/*.whl \
 && pip install --no-cache-dir --disable-pip-version-check --root-user-action=ignore --require-hashes \
      -r /mnt/requirements.txt \
 && cp -R /mod_wsgi/. /usr/local/lib/python3.*/site-packages/
COPY lab/gallery/mod_wsgi/httpd.conf lab/gallery/uwsgi.ini lab/gallery/gunicorn.conf.py lab/gallery/servers.toml \
     lab/gallery/summary.py /etc/gallery/
COPY lab/gallery/cgi /srv/gallery/cgi
COPY lab/gallery/small /srv/gallery/small
COPY lab/gallery/healthcheck_uwsgi.py /usr/local/bin/
COPY --from=package /installed /usr/local
COPY --from=project /srv/static/staticfiles.json /srv/static/
COPY --from=project /srv/apps /srv/apps
# The benchmark's views, for the gallery too.
COPY lab/bench/project lab/gallery/project /srv/gallery/
RUN chmod -R u=rwX,go=rX /etc/gallery /srv/gallery /usr/local/bin/healthcheck_uwsgi.py \
 && python -m compileall -q /srv/gallery \
 && ln -s "$(find /usr/local/lib/python3.*/site-packages/mod_wsgi -name 'mod_wsgi*.so')" /etc/gallery/mod_wsgi.so
ENV PYTHONPATH=/srv/apps:/srv/gallery HEALTH_PORT=8000
USER 999:999
HEALTHCHECK CMD ["python", "-I", "-m", "tricorn.healthcheck"]

# ---- gallery-nginx: the same edge, with routes to the gallery's servers ----
FROM nginx AS gallery-nginx
USER 0:0
COPY lab/gallery/nginx/ /etc/nginx/
# FastCGI and SCGI get the same variables and settings as the uwsgi protocol, with the names of their own directives.
RUN chmod -R u=rwX,go=rX /etc/nginx && for other in fastcgi scgi; do \
      sed "s/uwsgi_/${other}_/" /etc/nginx/snippets/uwsgi.conf > "/etc/nginx/snippets/${other}.conf"; \
      sed -n "s/^uwsgi_/${other}_/p" /etc/nginx/conf.d/retries.conf /etc/nginx/conf.d/headers.conf \
        /etc/nginx/conf.d/buffers.conf > "/etc/nginx/conf.d/maps/${other}.conf"; \
    done
USER 101:101

# ---- tests and lint: the tools, so that the host needs only Docker and make ----
FROM ${PYTHON_IMAGE} AS tests
# Docker's client controls the stack under test. testinfra inspects processes and sockets with procps and iproute2.
# slowhttptest simulates slow clients.
RUN apt-get update -qq \
 && apt-get install -qq --no-install-recommends docker-cli docker-compose docker-buildx make git procps iproute2 \
      slowhttptest \
 && rm -rf /var/lib/apt/lists/*
RUN --mount=type=bind,source=tests/requirements.txt,target=/mnt/requirements.txt \
    --mount=type=secret,id=pip.conf,target=/etc/pip.conf \
    pip install --no-cache-dir --disable-pip-version-check --root-user-action=ignore --require-hashes \
      -r /mnt/requirements.txt
# Only Django's source archive has its tests. Those of the middleware that ours replaces run against ours.
RUN --mount=type=bind,from=apps,source=requirements.txt,target=/mnt/requirements.txt \
    --mount=type=secret,id=pip.conf,target=/etc/pip.conf \
    sed -n '/^django==/,/[^\\]$/p' /mnt/requirements.txt > /tmp/django.txt \
 && pip download --no-cache-dir --disable-pip-version-check --no-deps --no-binary django --require-hashes \
      --dest /tmp/django -r /tmp/django.txt \
 && mkdir /django \
 && tar -x -z -f /tmp/django/*.tar.gz -C /django --strip-components=1 --wildcards '*/tests' \
 && rm -r /tmp/django*
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1

# ---- observatory: checks the pages from outside, with Mozilla's HTTP Observatory and a browser ----
FROM ${PYTHON_IMAGE} AS observatory-build
RUN apt-get update -qq && apt-get install -qq --no-install-recommends npm && rm -rf /var/lib/apt/lists/*
WORKDIR /observatory
COPY tests/security/headers/observatory/package.json tests/security/headers/observatory/package-lock.json ./
# NPM_CONFIG_USERCONFIG on the host, npm's own variable, is a build secret like PIP_CONFIG_FILE.
# No scripts: the Observatory's script would fetch the HSTS preload list, the hosts that browsers ask over HTTPS alone
# from the first visit. No host of a test is in it, so an empty list gives the same result.
RUN --mount=type=secret,id=npmrc,target=/root/.npmrc \
    npm ci --ignore-scripts --no-audit --no-fund --loglevel=error \
 && echo '{}' > node_modules/@mdn/mdn-http-observatory/conf/hsts-preload.json

FROM ${PYTHON_IMAGE} AS observatory
# The browser without a window: it needs neither GTK nor a display.
RUN apt-get update -qq \
 && apt-get install -qq --no-install-recommends nodejs chromium-headless-shell \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /observatory
COPY --from=observatory-build /observatory .
COPY tests/security/headers/observatory/*.mjs ./
RUN chmod go=rX ./*.mjs package*.json
# HOME: Chromium stores its files there. The timeouts are in milliseconds: the Observatory's own 10 s are meant for a
# site on the internet, not for a machine that is busy with tests.
ENV HOME=/tmp ABORT_TIMEOUT=60000 CLIENT_TIMEOUT=60000
USER 65534:65534

FROM ${PYTHON_IMAGE} AS lint
RUN --mount=type=bind,source=tests/support/lint/requirements.txt,target=/mnt/requirements.txt \
    --mount=type=secret,id=pip.conf,target=/etc/pip.conf \
    pip install --no-cache-dir --disable-pip-version-check --root-user-action=ignore --require-hashes \
      -r /mnt/requirements.txt
