# One image for the dashboard, the mock accounting package and the demo shop.

FROM python:3.11-slim AS build
RUN python -m venv /opt/sluice
WORKDIR /source
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY dashboard dashboard
COPY mock_accounting mock_accounting
COPY seed seed
RUN /opt/sluice/bin/pip install --no-cache-dir --disable-pip-version-check \
    --constraint constraints.txt .

FROM python:3.11-slim
# Volumes mounted on these folders belong to the user as the folders do.
RUN useradd --uid 10001 --create-home sluice \
    && install -d -o sluice -g sluice -m 0700 /data /data/dashboard /data/mock /data/demo
COPY --from=build /opt/sluice /opt/sluice
ENV PATH=/opt/sluice/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    SLUICE_DATA_DIR=/data/dashboard
USER sluice
WORKDIR /home/sluice
EXPOSE 8000 8001
CMD ["sluice", "serve", "--host", "0.0.0.0"]
