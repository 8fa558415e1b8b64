#!/usr/bin/env bash
# Runs what describes the behaviour of the original against Debian's original itself: dialogues, command lines and golden files. What
# it does otherwise must be listed in docs/differences.md. Then both sides work on each other's files.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ "$(id -u)" -ne 0 ]; then
	echo "the original needs root" >&2
	[ "${CI:-}" != true ]
	exit
fi
folder=${XDG_CACHE_HOME:-$HOME/.cache}/pure-ftpd-original
server=$(test/oracle/fetch.sh "$folder")
programs=$folder/root/usr
go test -count=1 ./test/dialogue/ -oracle "$server"
go test -count=1 -run '^TestScripts$' ./cmd/pure-pw/ -oracle "$programs/bin/pure-pw"
go test -count=1 -run '^TestOriginal$' ./cmd/pure-pwconvert/ -oracle "$programs/bin/pure-pwconvert"
CGO_ENABLED=0 go test -count=1 -tags privileged -run '^TestLikeTheOriginal$' ./cmd/pure-quotacheck/ -oracle "$programs/sbin/pure-quotacheck"
go test -count=1 -tags oracle ./test/oracle/ -original "$folder"
go test -count=1 -tags oracle ./test/certd/ -oracle "$server"
go test -count=1 -tags oracle ./test/uploads/ -oracle "$server"
