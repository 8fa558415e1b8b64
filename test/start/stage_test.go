//go:build privileged

package start

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// setStage gives the tests name spaces of their own for mounts and the network, with /etc and /run of the stage, a /dev
// without a log daemon, and nothing but loopback, and becomes the tests.
const setStage = `
ip link set lo up
mkdir "$1/dev"
mount -t tmpfs none "$1/dev"
for node in null zero full random urandom; do
	: > "$1/dev/$node"
	mount --bind "/dev/$node" "$1/dev/$node"
done
mount --rbind "$1/dev" /dev
mount --bind "$1/etc" /etc
mount -t tmpfs -o mode=755 none /run
shift
exec "$@"
`

// xinetdVariable names the program that fetch.sh found.
const xinetdVariable = "XINETD"

// system is the /etc of the stage. Anonymous users are those of the account ftp.
func system() map[string]string {
	return map[string]string{
		"passwd": "root:x:0:0:root:/root:/bin/sh\n" +
			"nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n" +
			"ftp:x:2100:2100::/run/ftp:/usr/sbin/nologin\n",
		"group":         "root:x:0:\nnogroup:x:65534:\nftp:x:2100:\n",
		"shadow":        "root:*:19000:0:99999:7:::\n",
		"services":      "ftp\t21/tcp\nstart-ftp\t27490/tcp\n",
		"protocols":     "ip\t0\tIP\ntcp\t6\tTCP\nudp\t17\tUDP\n", // for xinetd
		"hosts":         "127.0.0.1 localhost\n::1 localhost\n",
		"nsswitch.conf": "passwd: files\ngroup: files\nshadow: files\nhosts: files\nservices: files\nprotocols: files\n",
	}
}

// perform runs the tests again, on the stage.
func perform(_ *testing.M, dir string) int {
	status, err := performOn(dir)
	if err != nil {
		fmt.Fprintln(os.Stderr, "the privileged tests need root, Debian and the packages in packages.txt:", err)
		return 1
	}
	return status
}

func performOn(dir string) (status int, err error) {
	xinetd, err := exec.Command("./fetch.sh", "../../bin/xinetd").Output()
	if err != nil {
		return 0, fmt.Errorf("fetch xinetd: %w", err)
	}
	path, err := filepath.Abs(strings.TrimSpace(string(xinetd)))
	if err != nil {
		return 0, err
	}
	if err := os.Setenv(xinetdVariable, path); err != nil {
		return 0, err
	}
	if err := os.MkdirAll(filepath.Join(dir, "etc", "pure-ftpd"), 0o755); err != nil {
		return 0, err
	}
	for name, text := range system() {
		if err := os.WriteFile(filepath.Join(dir, "etc", name), []byte(text), 0o644); err != nil {
			return 0, err
		}
	}
	args := []string{"--mount", "--propagation", "private", "--net", "sh", "-eu", "-c", setStage, "stage", dir}
	cmd := exec.Command("unshare", append(args, os.Args...)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	err = cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode(), nil
	}
	return 0, err
}
