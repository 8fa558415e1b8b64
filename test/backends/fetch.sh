#!/bin/sh
# Fetches the original with MySQL from Debian and unpacks it, without installing it, into the folder given as argument. Prints the
# path of its server. What is there already is used again. Debian's flavour with PostgreSQL ends at every login, so it is no
# model.
set -eu
dir=${1:?usage: fetch.sh FOLDER}
server=$dir/root/usr/sbin/pure-ftpd-mysql
if [ ! -x "$server" ]; then
	mkdir -p "$dir"
	packages=$(mktemp -d)
	trap 'rm -rf "$packages"' EXIT
	(cd "$packages" && apt-get -qq -o APT::Sandbox::User=root download pure-ftpd-mysql pure-ftpd-common) >&2
	rm -rf "$dir/root.new"
	for package in "$packages"/*.deb; do
		dpkg -x "$package" "$dir/root.new"
	done
	mv "$dir/root.new" "$dir/root"
fi
if missing=$(ldd "$server" | grep 'not found'); then
	echo "libraries are missing: $missing" >&2
	exit 1
fi
echo "$server"
