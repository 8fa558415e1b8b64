#!/usr/bin/env bash
# Runs the dialogues against Debian's original: what it does otherwise must be listed in docs/differences.md.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ "$(id -u)" -ne 0 ]; then
	echo "the original needs root" >&2
	[ "${CI:-}" != true ]
	exit
fi
server=$(test/oracle/fetch.sh "${XDG_CACHE_HOME:-$HOME/.cache}/pure-ftpd-original")
go test -count=1 ./test/dialogue/ -oracle "$server"
