#!/bin/sh
# Fetches xinetd from Debian and unpacks it, without installing it, into the folder given as argument: Debian lets only one
# super-server be installed, and openbsd-inetd is. Prints the path of the program. What is there already is used again.
set -eu
dir=${1:?usage: fetch.sh FOLDER}
program=$dir/root/usr/sbin/xinetd
if [ ! -x "$program" ]; then
	mkdir -p "$dir"
	packages=$(mktemp -d)
	trap 'rm -rf "$packages"' EXIT
	(cd "$packages" && apt-get -qq -o APT::Sandbox::User=root download xinetd) >&2
	rm -rf "$dir/root.new"
	dpkg -x "$packages"/*.deb "$dir/root.new"
	mv "$dir/root.new" "$dir/root"
fi
if missing=$(ldd "$program" | grep 'not found'); then
	echo "libraries are missing: $missing" >&2
	exit 1
fi
echo "$program"
