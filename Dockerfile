# docflow without the embedded servers: PostgreSQL, S3 and mail come from the environment.
# Build: docker build -t docflow .      Run: docker run --env-file … docflow web | worker | migrate | verify

FROM python:3.11-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1
WORKDIR /opt/docflow
COPY requirements.txt .
RUN python -m venv venv \
 && venv/bin/pip install --quiet --only-binary=:all: --require-hashes --requirement requirements.txt \
 && printf '#!/bin/sh\nexec python -m docflow.cli "$@"\n' > venv/bin/docflow \
 && chmod 755 venv/bin/docflow
COPY docflow app/docflow
COPY storage app/storage
COPY LICENSE app/
RUN venv/bin/python -m compileall -q app

FROM python:3.11-slim-bookworm
# Reads scanned pages; everything else works without it.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends tesseract-ocr tesseract-ocr-vie tesseract-ocr-eng \
 && rm -rf /var/lib/apt/lists/*
RUN groupadd --system --gid 10001 docflow \
 && useradd --system --uid 10001 --gid docflow --no-create-home --home-dir /tmp --shell /usr/sbin/nologin docflow
COPY --from=build /opt/docflow/venv /opt/docflow/venv
COPY --from=build /opt/docflow/app /opt/docflow/app
ENV PATH=/opt/docflow/venv/bin:$PATH \
    PYTHONPATH=/opt/docflow/app \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
# Not the folder of the code: nothing in the working directory may shadow a module.
WORKDIR /tmp
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
ENTRYPOINT ["docflow"]
CMD ["web"]
