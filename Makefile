# Everything a developer or CI runs. "make test" is all of it; "make help" lists the rest.

GO       ?= go
VERSION  ?= $(shell git describe --tags --always 2>/dev/null || echo dev)
LDFLAGS  := -s -w -X main.version=$(VERSION)
FUZZTIME ?= 5000x

.PHONY: help build test check unit privileged clients readers backends logins oracle fuzz bench bench-rates bench-tls bench-users bench-accounts install-tools clean

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "%-14s %s\n", $$1, $$2}' Makefile

# pure-pamd alone is linked with the C library, because PAM is.
build: ## static binaries in bin/; pure-pamd with PAM, if its headers are there
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/ ./cmd/...
	@if echo '#include <security/pam_appl.h>' | $(or $(CC),cc) $(CGO_CFLAGS) -E - >/dev/null 2>&1; then \
		CGO_ENABLED=1 $(GO) build -trimpath -tags pam -ldflags '$(LDFLAGS)' -o bin/ ./cmd/pure-pamd; \
	else \
		echo "without PAM: pure-pamd needs a C compiler and libpam0g-dev (security/pam_appl.h)"; \
	fi

test: install-tools check fuzz privileged clients readers ## all of CI; the last three wait more than they work
	$(MAKE) -j3 -Otarget backends logins oracle

install-tools: ## real clients and the libraries of the original, where this user may install
	test/install.sh

check: ## formatting, vet, staticcheck, unit tests with the race detector
	@out=$$(gofmt -l .); test -z "$$out" || { echo "not gofmt-ed:"; echo "$$out"; exit 1; }
	$(GO) vet ./...
	$(GO) vet -tags 'privileged clients readers backends oracle' ./...
	$(GO) tool staticcheck ./...
	$(GO) test -race -shuffle=on ./...

unit: ## the hermetic tests alone
	$(GO) test ./...

privileged: ## what only root can test, on a binary without cgo
	test/privileged.sh

clients: ## real clients from Debian, a real authority and a browser against the server
	$(GO) test -count=1 -tags clients ./test/clients/ ./test/acme/ ./test/page/

readers: ## fail2ban, logwatch, awstats and webalizer on our logs, xmllint on XML
	test/readers.sh

backends: ## logins against real databases from Debian
	$(GO) test -count=1 -parallel 6 -timeout 20m -tags backends ./test/backends/

oracle: ## everything that can be compared with Debian's original
	test/oracle.sh

logins: ## a real LDAP directory and the system's PAM; needs root
	test/logins.sh

fuzz: ## every fuzz target, FUZZTIME inputs or seconds each
	test/fuzz.sh $(FUZZTIME)

bench: ## the table of docs/performance.md (root, half an hour), into bench/results/report.md
	mkdir -p bench/results && $(GO) run ./bench -o bench/results/report.md

bench-rates: ## how well limits of bandwidth are kept (root, six minutes), into bench/results/rates.md
	mkdir -p bench/results && $(GO) run ./bench -rates -o bench/results/rates.md

bench-tls: ## the same over TLS 1.2 and 1.3 (root, half an hour), into bench/results/tls-*.md
	mkdir -p bench/results && $(GO) run ./bench -tls 1.2 -o bench/results/tls-1.2.md && $(GO) run ./bench -tls 1.3 -o bench/results/tls-1.3.md

bench-users: ## what a million virtual users cost (root, a minute), into bench/results/users.md
	mkdir -p bench/results && $(GO) run ./bench -users -o bench/results/users.md

bench-accounts: ## logins from databases, LDAP, programs and PAM (root, five minutes), into bench/results/accounts.md
	mkdir -p bench/results && $(GO) run ./bench -accounts -o bench/results/accounts.md

clean:
	rm -rf bin
