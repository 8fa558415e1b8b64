package harness

// stage is the script that gives a server a system of its own, in its mount name space, and
// becomes the server. Its arguments are the server's folder and command.
const stage = `
dir=$1; shift
mkdir "$dir/dev"
mount -t tmpfs none "$dir/dev"
for node in null zero full random urandom; do
	: > "$dir/dev/$node"
	mount --bind "/dev/$node" "$dir/dev/$node"
done
ln -s "$dir/log" "$dir/dev/log"
mount --rbind "$dir/dev" /dev
mount --bind "$dir/etc" /etc
mount -t tmpfs none /run
mount -t tmpfs none /var/spool
exec "$@"
`

// system returns the files of /etc that a staged server finds if its test does not give others:
// an account for anonymous users, and the system user joe with the password `secret`.
func system() map[string]string {
	return map[string]string{
		"etc/passwd": "root:x:0:0:root:/root:/bin/sh\n" +
			"nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n" +
			"ftp:x:2100:2100::$DIR/ftp:/usr/sbin/nologin\n" +
			"joe:x:2102:2102::$DIR/joe:/bin/sh\n",
		"etc/shadow": "root:*:19000:0:99999:7:::\n" +
			"joe:" + secretHash + ":19000:0:99999:7:::\n",
		"etc/group":         "root:x:0:\nnogroup:x:65534:\nftp:x:2100:\nmates:x:2101:\njoe:x:2102:\n",
		"etc/shells":        "/bin/sh\n/bin/bash\n",
		"etc/nsswitch.conf": "passwd: files\ngroup: files\nshadow: files\nhosts: files\n",
		"etc/hosts":         "127.0.0.1 localhost\n127.0.0.9 nine_nine.example\n::1 localhost\n",
	}
}
