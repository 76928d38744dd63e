# make run and make test are all that a newcomer needs; make help lists the rest.

GO      ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
COMMIT  ?= $(shell git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)

# make run: the data folder, and what else serve is given (--listen ADDRESS).
DATADIR ?= bongsu-data
ARGS    ?=

# make conformance: suites (all when empty), a folder of public data, and the
# floors below which it fails, and whether to print JSON.
SUITE ?=
DATA  ?= $(BONGSU_TESTDATA)
FLOOR ?=
JSON  ?=
FLOORS = internal/conformance/floors.tsv

# make fuzz: which fuzz tests, as a regular expression over folder.Name, and
# how long each.
FUZZ     ?=
FUZZTIME ?= 10m

LDFLAGS = -s -w -X main.version=$(VERSION) -X main.commit=$(COMMIT)

# The version comes in through LDFLAGS. Without this the go command would ask
# git itself, and stop where git does not trust the owner of the folder.
export GOFLAGS := $(GOFLAGS) -buildvcs=false

# Tools lie in .tools, each with its version in its name, and are built once.
# make test uses small ones: on two cores golangci-lint takes three minutes to
# build where nothing is cached, and these take one. They find most of what it
# finds; the whole of .golangci.yml runs in make test-full.
GOFUMPT     = .tools/gofumpt-v0.12.0
STATICCHECK = .tools/staticcheck-v0.8.2
ERRORLINT   = .tools/go-errorlint-v1.9.0
DEADCODE    = .tools/deadcode-v0.52.0
GOLANGCI    = .tools/golangci-lint-v2.15.0

step = @printf '\n== %s  [%s]\n' '$(1)' "$$(date +%H:%M:%S)"

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run build build-sensor compiler build-nocgo test test-full bench conformance fuzz \
	format vet lint archtest race fuzz-smoke scenarios lint-full deadcode race-engines whole crashes fuzz-more floors

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: build ## build, then serve: prints the address of the API [DATADIR=folder] [ARGS='--listen …']
	./bin/bongsu serve --data '$(DATADIR)' $(ARGS)

# The query engine is C++: everything is linked in, so that the program runs on
# any Linux of the same processor. Where only the part without it is wanted, as
# on a sensor, make build-sensor needs no compiler of C.
build: compiler ## build bin/bongsu for this machine, static, with everything
	CGO_ENABLED=1 $(GO) build -trimpath -tags osusergo,netgo -ldflags '$(LDFLAGS) -linkmode external -extldflags -static' -o bin/bongsu ./cmd/bongsu

build-sensor: ## build bin/bongsu-sensor, static, without the query engine
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/bongsu-sensor ./cmd/bongsu

# A fresh Debian with gcc has no C++ library to link with.
compiler:
	@command -v g++ >/dev/null || { \
		echo 'the query engine needs g++, which is not here: installing it'; \
		apt-get install -y --no-install-recommends g++ >/dev/null 2>&1 || { apt-get update >/dev/null 2>&1 && apt-get install -y --no-install-recommends g++ >/dev/null; } || { \
			echo 'could not install g++: run "apt-get install g++" as root, or "make build-sensor" for a program without the query engine'; exit 1; }; }

build-nocgo: ## check that every package builds without cgo, on x86-64 and ARM64
	CGO_ENABLED=0 GOOS=linux GOARCH=amd64 $(GO) build ./...
	CGO_ENABLED=0 GOOS=linux GOARCH=arm64 $(GO) build ./...

test: compiler vet lint archtest race fuzz-smoke scenarios ## everything that must pass before a change goes in (< 8 minutes)
	$(call step,make test passed)

test-full: build-nocgo lint-full deadcode race-engines whole crashes fuzz-more floors ## what is too slow for make test; runs after it
	$(call step,make test-full passed)

bench: ## benchmarks of every package
	$(GO) test -run '^$$' -bench . -benchmem ./...

conformance: ## measure against public data [SUITE=a,b] [DATA=dir] [FLOOR=file] [JSON=1]
	@test -n '$(DATA)' || { echo 'conformance: say where the public data is: make conformance DATA=folder, or set BONGSU_TESTDATA'; exit 2; }
	@test -d '$(DATA)' || { echo 'conformance: $(DATA) is not a folder'; exit 2; }
	$(GO) run ./internal/conformance/run -data '$(DATA)' $(if $(SUITE),-suite '$(SUITE)') $(if $(FLOOR),-floor '$(FLOOR)') $(if $(JSON),-json) -failures conformance.failures

fuzz: ## fuzz for long [FUZZ=dissect/dns] [FUZZTIME=10m]; what is found interesting stays in .fuzz
	$(GO) run ./internal/fuzzsmoke -each $(FUZZTIME) -match '$(FUZZ)' -corpus .fuzz

format: $(GOFUMPT) ## format every Go file
	$(GOFUMPT) -w .

# The steps of make test.

vet:
	$(call step,vet)
	$(GO) vet ./...

lint: $(GOFUMPT) $(STATICCHECK) $(ERRORLINT) ## the linters of make test
	$(call step,lint: gofumpt and staticcheck and errorlint)
	@out=$$($(GOFUMPT) -l .) || exit 1; \
	if [ -n "$$out" ]; then printf 'not formatted; run make format:\n%s\n' "$$out"; exit 1; fi
	$(STATICCHECK) ./...
	$(ERRORLINT) -errorf -asserts -comparison ./...

archtest:
	$(call step,archtest: imports and sizes and names and state)
	$(GO) test ./internal/archtest

# The engines' tests crash, cut and fill; with the race detector they take
# minutes, so that make test runs them without it, and test-full with.
ENGINES = /(bus/nats|eventstore|eventstore/duckdb|statestore/sqlite)$$

race: # -short: a part of the public data; test-full reads all of it
	$(call step,tests with the race detector)
	CGO_ENABLED=1 $(GO) test -race -short -timeout 5m $$($(GO) list ./... | grep -vE '/internal/scenario$$|$(ENGINES)')
	$(call step,tests of the engines)
	CGO_ENABLED=1 $(GO) test -short -timeout 5m $$($(GO) list ./... | grep -E '$(ENGINES)')

# Building a fuzz test takes longer than its moment: make test takes a few of those
# that meet the most bytes from outside, test-full takes all.
fuzz-smoke:
	$(call step,fuzz tests of what reads captures and logs and protocols for a moment)
	$(GO) run ./internal/fuzzsmoke -each 1s -match '^(capture/file|dissect|dissect/(dns|http|tls)|decode/(auth|eve|zeek))\.'

scenarios:
	$(call step,scenarios of the whole program)
	$(GO) test -count=1 -timeout 5m ./internal/scenario/...

# The steps of make test-full.

lint-full: $(GOLANGCI)
	$(call step,golangci-lint)
	$(GOLANGCI) run ./...

deadcode: $(DEADCODE)
	$(call step,deadcode)
	@out=$$($(DEADCODE) -test ./...) || exit 1; \
	if [ -n "$$out" ]; then printf 'nothing calls these; delete them:\n%s\n' "$$out"; exit 1; fi

race-engines:
	$(call step,tests of the engines with the race detector)
	CGO_ENABLED=1 $(GO) test -race -short -timeout 15m $$($(GO) list ./... | grep -E '$(ENGINES)')

whole:
	$(call step,every test over all of the public data)
	$(GO) test -timeout 10m $$($(GO) list ./... | grep -v '/internal/scenario$$')

# As root also what needs a small disk and a network of its own.
crashes:
	$(call step,the program killed and its disk filled and its ports attacked)
	BONGSU_SLOW=1 $(GO) test -count=1 -timeout 10m ./internal/scenario/...

fuzz-more:
	$(call step,every fuzz test for longer)
	$(GO) run ./internal/fuzzsmoke -each 10s -total 3m

floors:
	$(call step,conformance at or above $(FLOORS))
	@$(MAKE) --no-print-directory conformance FLOOR=$(FLOORS)

# Tools. The version stands once, in the variable above; a new one gets a new
# file name and is built again.

version = $(lastword $(subst -v, v,$(notdir $@)))
define install
	@echo "installing $(notdir $@) into .tools, once; the first time this takes a while"
	@mkdir -p .tools/new
	@GOBIN='$(CURDIR)/.tools/new' $(GO) install $(1)@$(version) || { \
		echo "could not install $(1)@$(version): it is fetched from the Go module proxy ($$($(GO) env GOPROXY)), which must be reachable once"; exit 1; }
	@mv .tools/new/$(notdir $(1)) $@
endef

$(GOFUMPT):
	$(call install,mvdan.cc/gofumpt)
$(STATICCHECK):
	$(call install,honnef.co/go/tools/cmd/staticcheck)
$(ERRORLINT):
	$(call install,codeberg.org/polyfloyd/go-errorlint)
$(DEADCODE):
	$(call install,golang.org/x/tools/cmd/deadcode)
$(GOLANGCI): # its module path ends in v2, the command's folder does not
	$(call install,github.com/golangci/golangci-lint/v2/cmd/golangci-lint)
