#!/bin/sh
# Fetches packages from Debian and unpacks them, without installing them, into a folder: some would start a server of their
# own, and those of FTP servers exclude each other. What is there already is used again.
set -eu
dir=${1:?usage: unpack.sh FOLDER PACKAGE...}
shift
if [ ! -d "$dir/root" ]; then
	mkdir -p "$dir"
	packages=$(mktemp -d)
	trap 'rm -rf "$packages"' EXIT
	(cd "$packages" && apt-get -qq -o APT::Sandbox::User=root download "$@") >&2
	rm -rf "$dir/root.new"
	for package in "$packages"/*.deb; do
		dpkg -x "$package" "$dir/root.new"
	done
	mv "$dir/root.new" "$dir/root"
fi
