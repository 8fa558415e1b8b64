#!/usr/bin/env bash
# Installs what the tests need, if this user may; under CI it must succeed, elsewhere what is missing is only named.
set -euo pipefail
cd "$(dirname "$0")"

packages=$(cat ./*/packages.txt)
missing=()
for package in $packages; do
	if ! dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q ' installed$'; then
		missing+=("$package")
	fi
done
[ ${#missing[@]} -eq 0 ] && exit 0
if [ "$(id -u)" -ne 0 ]; then
	echo "not root, so not installed: ${missing[*]}" >&2
	[ "${CI:-}" != true ]
	exit
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
