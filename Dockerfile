# Two images: `docker build --target kpipe-sidecar .` and `docker build --target exit .`
# Without a container engine: scripts/build-images, which lays them out by the same script.
FROM swift:6.3-bookworm AS build
WORKDIR /src
COPY scripts scripts
RUN apt-get update \
    && grep -vE '^ *(#|$)' scripts/packages/build.txt | xargs apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/*
COPY Package.swift Package.resolved* ./
COPY Sources Sources
COPY Tests Tests
RUN for product in kpipe-sidecar kpipe-entrypoint kpipe-exit; do \
        swift build -c release --static-swift-stdlib --product "$product" || exit 1; \
    done \
    && scripts/lib/image-layout "$(swift build -c release --static-swift-stdlib --show-bin-path)" /layout

FROM scratch AS exit
COPY --from=build /layout/exit /
USER 65532:65532
ENTRYPOINT ["/exit"]

# Last, so that it is what `docker build .` makes.
FROM scratch AS kpipe-sidecar
COPY --from=build /layout/kpipe-sidecar /
ENV PATH=/usr/local/bin:/usr/bin:/bin
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/kpipe-sidecar"]
