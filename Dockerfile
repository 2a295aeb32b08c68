# The server in a small image: built in one stage, run by nobody in another.
#
#   docker build -t vtmcp .
#   docker run --rm -p 127.0.0.1:8081:8081 -e VT_INSTANCE_ENTRYPOINT=http://traces:10428 \
#     -e VT_ALLOW_INSECURE_ENTRYPOINT=1 -e MCP_AUTH_TOKEN=... --read-only vtmcp
#
# For a client that starts the server itself:
#
#   docker run --rm -i --no-healthcheck -e MCP_SERVER_MODE=stdio -e VT_INSTANCE_ENTRYPOINT=... vtmcp
#
# It writes nothing, so --read-only always works. numpy, which the search of the documentation needs,
# is most of what stands above the base.
ARG PYTHON=3.13

FROM python:${PYTHON}-slim AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY vtmcp ./vtmcp
COPY corpus ./corpus
COPY conformance ./conformance
RUN python -m venv /opt/vtmcp \
    && /opt/vtmcp/bin/pip install --no-cache-dir --no-compile . \
    && /opt/vtmcp/bin/pip uninstall --yes --quiet pip \
    && /opt/vtmcp/bin/python -m compileall -q /opt/vtmcp/lib

FROM python:${PYTHON}-slim
LABEL org.opencontainers.image.title="vtmcp" \
      org.opencontainers.image.description="MCP server for VictoriaTraces" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/vtmcp /opt/vtmcp
# A number, so that Kubernetes can see that it is not root. numpy would start a thread for each core
# of the machine, though the search has nothing for them to do.
USER 65532:65532
ENV PATH=/opt/vtmcp/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    OPENBLAS_NUM_THREADS=1 \
    MCP_SERVER_MODE=http \
    MCP_LISTEN_ADDR=:8081
EXPOSE 8081
# For the address and mode above; with a certificate of its own it needs https.
HEALTHCHECK --interval=30s --timeout=3s --start-period=5s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://localhost:8081/health/liveness', timeout=2)"]
ENTRYPOINT ["vtmcp"]
