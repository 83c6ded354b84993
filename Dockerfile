# syntax=docker/dockerfile:1
# The krest image: one binary, the root certificates, no shell, no root.

FROM rust:1.95-bookworm AS build
WORKDIR /build
COPY . .
# The caches keep librdkafka, OpenSSL and all crates between builds: a change in src compiles krest alone.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/build/target \
    cargo build --release --locked --bin krest && cp target/release/krest /krest

# glibc, libgcc, ca-certificates and a user `nonroot`; nothing else.
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /krest /usr/local/bin/krest
# What krest keeps on disk (`state.dir`, ./state by default) can be read from Kafka again: a volume is of use, but not needed.
WORKDIR /home/nonroot
ENTRYPOINT ["/usr/local/bin/krest"]
CMD ["--help"]
