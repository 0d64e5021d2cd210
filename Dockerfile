# The service of mien, without a GPU. See docs/serve.md.
#
#     docker build --tag mien .
#     docker run --rm --publish 127.0.0.1:8571:8571 --volume mien:/data --env MIEN_KEYS mien

ARG PYTHON=3.12

FROM python:${PYTHON}-slim AS build
WORKDIR /mien
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY src src
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

FROM python:${PYTHON}-slim
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
COPY --from=build /wheels /wheels
RUN pip install --no-cache-dir "$(ls /wheels/*.whl)[serve,tables,postgres]" \
    && rm -r /wheels \
    && useradd --system --uid 10001 --no-create-home --home-dir /data mien \
    && install --directory --owner mien --mode 700 /data
USER mien
WORKDIR /data
VOLUME /data
EXPOSE 8571
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8571/healthz', timeout=4)"]
ENTRYPOINT ["mien", "serve", "--host", "0.0.0.0", "--data", "/data"]
