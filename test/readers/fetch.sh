#!/bin/sh
# Fetches programs that read logs or metrics from Debian and unpacks them, without installing them, into the folder given as argument: as
# packages they would start services and want a mail server. Prints the folder of their files. What is there already is used again.
set -eu
dir=${1:?usage: fetch.sh FOLDER}
if [ ! -x "$dir/root/usr/bin/promtool" ]; then # of the last package
	mkdir -p "$dir"
	packages=$(mktemp -d)
	trap 'rm -rf "$packages"' EXIT
	(cd "$packages" && apt-get -qq -o APT::Sandbox::User=root download fail2ban logwatch awstats webalizer prometheus) >&2
	rm -rf "$dir/root.new"
	for package in "$packages"/*.deb; do
		dpkg -x "$package" "$dir/root.new"
	done
	rm -rf "$dir/root"
	mv "$dir/root.new" "$dir/root"
fi
if missing=$(ldd "$dir/root/usr/bin/webalizer" | grep 'not found'); then
	echo "libraries are missing: $missing" >&2
	exit 1
fi
cd "$dir/root" && pwd
