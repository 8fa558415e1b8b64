#!/usr/bin/env bash
# Lets the programs that administrators use read the logs of a server, and Prometheus' own tool its metrics, dashboard and alerts. The
# server needs a system of its own, so this needs root.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ "$(id -u)" -ne 0 ]; then
	echo "the readers of logs need root" >&2
	[ "${CI:-}" != true ]
	exit
fi
readers=$(test/readers/fetch.sh "${XDG_CACHE_HOME:-$HOME/.cache}/pure-ftpd-readers")
go test -count=1 -tags clients ./test/readers/ -readers "$readers"
PATH="$readers/usr/bin:$PATH" go test -count=1 -tags readers -run '^TestPromtool$' ./cmd/pure-ftpd/
