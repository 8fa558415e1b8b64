#!/usr/bin/env bash
# Runs the tests against a real directory and PAM. They start servers in systems of their own, which needs root.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ "$(id -u)" -ne 0 ]; then
	echo "the tests of logins need root" >&2
	[ "${CI:-}" != true ]
	exit
fi
go test -count=1 -timeout 30m -tags backends ./test/logins/
