# Two images: `docker build --target kpipe-sidecar .` and `docker build --target exit .`
# Without a container engine: scripts/build-images, which lays them out by the same script.
FROM swift:6.3-bookworm AS build
WORKDIR /src
COPY scripts scripts
RUN apt-get update \
    && grep -vE '^ *(#|$)' scripts/packages/build.txt | xargs apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/*
COPY Package.swift Package.resolved* LICENSE NOTICE ./
COPY Sources Sources
COPY Tests Tests
RUN bin=$(scripts/lib/build-release) \
    && scripts/lib/image-layout "$bin" /layout

FROM scratch AS exit
COPY --from=build /layout/exit /
USER 65532:65532
ENTRYPOINT ["/exit"]

# Last, so that it is what `docker build .` makes.
FROM scratch AS kpipe-sidecar
COPY --from=build /layout/kpipe-sidecar /
# A crash prints no registers and no memory: docs/security.md.
ENV PATH=/usr/local/bin:/usr/bin:/bin SWIFT_BACKTRACE=enable=no
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/kpipe-sidecar"]
