# Base images are named by digest: a tag can be moved to something else. To take a new one:
# docker buildx imagetools inspect golang:VERSION-bookworm
#
# The scripts that pages load.
FROM node:22.20.0-bookworm-slim@sha256:b21fe589dfbe5cc39365d0544b9be3f1f33f55f3c86c87a76ff65a02f8f5848e AS scripts
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM golang:1.26.8-bookworm@sha256:a688600ca24f8a4d3ca77f95b0dd40704a9fc787c826660eb7ba0b641b8b175d AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download && go mod verify
COPY . .
COPY --from=scripts /src/node_modules/htmx.org/dist/htmx.min.js static/vendor/
RUN CGO_ENABLED=0 go build -buildvcs=false -trimpath -ldflags='-s -w' -o /out/console ./cmd/console \
    && mkdir /out/sandbox

# One static program and the authorities that vouch for Duo's hosts: no shell, no packages, nobody to become.
FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/console /console
# Where the optional simulator keeps its state; a new volume here belongs to the account below.
COPY --from=build --chown=65532:65532 /out/sandbox /sandbox
USER 65532:65532
ENV ADDR=0.0.0.0:8080
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["/console", "healthcheck"]
ENTRYPOINT ["/console"]
CMD ["serve"]
