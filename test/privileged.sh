#!/usr/bin/env bash
# Runs the tests that need root. They check what the server does with its privileges, so they fail without them.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ "$(id -u)" -ne 0 ]; then
	echo "the privileged tests need root" >&2
	[ "${CI:-}" != true ]
	exit
fi
CGO_ENABLED=0 go test -count=1 -p 1 -tags privileged ./...
