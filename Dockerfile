# reconcile on a small Debian: no PostgreSQL inside, so name a database (DATABASE_URL, --database-url, reconcile.yaml).
#
#   docker build -t reconcile .
#   docker run --rm -v "$PWD:/work" -e DATABASE_URL reconcile check
FROM rust:1-slim-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN cargo build --locked --release --package reconcile

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/*
COPY --from=build /src/target/release/reconcile /usr/local/bin/reconcile
RUN useradd --create-home reconcile
USER reconcile
WORKDIR /work
ENTRYPOINT ["reconcile"]
