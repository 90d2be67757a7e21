# Skerry: one image for `serve`, `worker`, `db upgrade` and every other command.
FROM python:3.12-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY requirements.lock /build/requirements.lock
RUN python -m venv /opt/skerry/venv \
 && /opt/skerry/venv/bin/python -m pip install --no-deps --only-binary=:all: --require-hashes -r /build/requirements.lock \
 && /opt/skerry/venv/bin/python -m pip uninstall --yes pip
COPY policies /opt/skerry/app/policies
COPY federation /opt/skerry/app/federation
COPY governance /opt/skerry/app/governance
COPY instance /opt/skerry/app/instance
COPY LICENSE /opt/skerry/LICENSE
COPY deploy/skerry /opt/skerry/bin/skerry
RUN chmod 755 /opt/skerry/bin/skerry \
 && echo /opt/skerry/app > "$(/opt/skerry/venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/skerry.pth" \
 && /opt/skerry/venv/bin/python -m compileall -q /opt/skerry/app /opt/skerry/venv

FROM python:3.12-slim-bookworm
RUN groupadd --system --gid 10001 skerry \
 && useradd --system --uid 10001 --gid 10001 --home-dir /data --no-create-home --shell /usr/sbin/nologin skerry \
 && install -d -m 0700 -o 10001 -g 10001 /data
COPY --from=build /opt/skerry /opt/skerry
ENV PATH=/opt/skerry/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    SKERRY_HOST=0.0.0.0 \
    SKERRY_PORT=8000 \
    SKERRY_DATA=/data
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
  CMD ["/opt/skerry/venv/bin/python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['SKERRY_PORT'] + '/health/ready', timeout=4)"]
ENTRYPOINT ["skerry"]
CMD ["serve"]
