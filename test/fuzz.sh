#!/usr/bin/env bash
# Runs every fuzz target of the module: a number of inputs (5000x) or a time (30s) each. A number is what CI uses: a run that is
# ended by the clock now and then counts as failed.
set -euo pipefail
cd "$(dirname "$0")/.."

time=${1:-5000x}
grep -rlE '^func Fuzz' --include='*_test.go' internal cmd | sort | while read -r file; do
	package=./$(dirname "$file")
	for target in $(grep -oE '^func Fuzz[A-Za-z0-9_]+' "$file" | cut -d' ' -f2); do
		echo "fuzz $package $target"
		go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime 10x "$package"
	done
done
