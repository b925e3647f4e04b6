# One set of Go flags everywhere: another set compiles everything again. Version stamping is off because git refuses
# to answer in a checkout that belongs to somebody else, and the build would fail with it.
GOFLAGS ?= -buildvcs=false
export GOFLAGS

# A bare environment may lack even the standard folders; Go's own installer uses the last one.
export PATH := $(or $(PATH),/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin):/usr/local/go/bin

FUZZTIME ?= 30s

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run reset test proof bench drill check build generate duosim fuzz go npm chromium sqlmap scripts-for-pages

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## Start the console with a private database and the Duo simulator (ADDR=127.0.0.1:8080)
	@exec bin/console dev --end-with-parent

reset: build ## Delete the database and the simulator of `make run` and start over next time
	@exec bin/console dev --reset

test: go npm chromium static/vendor/htmx.min.js ## Check the code, then run every test, the browser journeys included
	@scripts/retry go mod download
	@scripts/check
	@# Linked without what only a debugger reads; twice as many tests as cores, since most wait for a server or a browser.
	@env -u DATABASE_URL go test -ldflags=-w -timeout 20m -shuffle=on -parallel $$((2 * $$(getconf _NPROCESSORS_ONLN))) ./...

proof: go npm chromium sqlmap static/vendor/htmx.min.js ## Run the long proofs: Postgres restarted, deploys, hostile strings, sqlmap
	@scripts/retry go mod download
	@scripts/proof '^TestProof'

bench: go ## Measure pages against the same SQL in pgbench; needs a quiet machine
	@scripts/retry go mod download
	@scripts/proof '^TestBench'

drill: build ## Restore a backup and open every secret (ARGS='--dump FILE --key-file FILE'; without: of made-up data)
	@exec bin/console drill $(ARGS)

check: go ## Format, generated files, vet, staticcheck, import fences
	@scripts/check

build: go scripts-for-pages ## Build bin/console
	@test -x bin/console || echo "Building bin/console: a minute or more the first time."
	@scripts/retry go mod download
	@go build -o bin/console ./cmd/console

generate: go ## Generate the Go files of the templ pages
	@go tool templ generate -path views

duosim: build ## Start the Duo simulator alone (ARGS='--estate empty --http')
	@exec bin/console duosim $(ARGS)

fuzz: go ## Run every fuzz test for FUZZTIME (30s)
	@scripts/fuzz $(FUZZTIME)

go:
	@go list -m >/dev/null || { echo "Go $$(sed -n 's/^go //p' go.mod) or later is needed: install it from https://go.dev/dl/ and try again." >&2; exit 1; }

npm:
	@command -v npm >/dev/null || { echo "npm is missing: the browser tests need it (Debian: apt-get install npm)." >&2; exit 1; }

chromium:
	@scripts/install-chromium

sqlmap:
	@scripts/install-sqlmap

# Pages work without scripts, so a machine without npm still gets a console.
scripts-for-pages:
	@if ! command -v npm >/dev/null; then \
		test -f static/vendor/htmx.min.js || echo "npm is missing: pages work, but without their live parts."; \
	else \
		$(MAKE) --silent --no-print-directory static/vendor/htmx.min.js || echo "npm could not fetch the pages' scripts: going on without their live parts."; \
	fi

node_modules/.package-lock.json: package.json package-lock.json
	@npm_config_update_notifier=false scripts/retry npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null
	@touch $@

static/vendor/htmx.min.js: node_modules/.package-lock.json
	@cp node_modules/htmx.org/dist/htmx.min.js $@
