//go:build privileged || oracle

package uploads

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"pureftpd/test/harness"
)

// folderVariable names the folder of the stage to the tests that run on it.
const folderVariable = "PURE_FTPD_UPLOADS_STAGE"

// setStage gives the tests their name spaces, and becomes them.
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
mount -t tmpfs -o mode=755 none /var/spool
shift
exec "$@"
`

// system is the /etc of the stage. The numbers are those of the recorded samples.
func system() map[string]string {
	return map[string]string{
		"passwd": "root:x:0:0:root:/root:/bin/sh\n" +
			"nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n" +
			"ftpuser:x:2001:2001::/nonexistent:/usr/sbin/nologin\n" +
			"ftp:x:2100:2100::" + base + "/ftp:/usr/sbin/nologin\n",
		"group":         "root:x:0:\nnogroup:x:65534:\nftpuser:x:2001:\nftp:x:2100:\n",
		"shadow":        "root:*:19000:0:99999:7:::\n",
		"hosts":         "127.0.0.1 localhost\n",
		"nsswitch.conf": "passwd: files\ngroup: files\nshadow: files\nhosts: files\n",
	}
}

func TestMain(m *testing.M) {
	flag.Parse()
	syscall.Umask(0o022)
	if os.Getenv(folderVariable) != "" {
		os.Exit(m.Run())
	}
	status, err := perform()
	if err != nil {
		fmt.Fprintln(os.Stderr, "these tests need root:", err)
		status = 1
	}
	os.Exit(status)
}

// perform builds the programs and runs the tests again, on the stage.
func perform() (status int, err error) {
	dir, err := os.MkdirTemp("", "pure-ftpd-uploads-")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	for _, program := range []string{"pure-ftpd", "pure-uploadscript"} {
		if _, err := harness.Build(dir, program); err != nil {
			return 0, err
		}
	}
	if err := errors.Join(os.Mkdir(filepath.Join(dir, "etc"), 0o755), os.Chmod(dir, 0o755)); err != nil {
		return 0, err
	}
	for name, text := range system() {
		if err := os.WriteFile(filepath.Join(dir, "etc", name), []byte(text), 0o644); err != nil {
			return 0, err
		}
	}
	args := []string{"--mount", "--propagation", "private", "--net", "sh", "-eu", "-c", setStage, "stage", dir}
	cmd := exec.Command("unshare", append(args, os.Args...)...)
	cmd.Env = append(os.Environ(), folderVariable+"="+dir)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	err = cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode(), nil
	}
	return 0, err
}

// ours returns the path of a program of ours.
func ours(name string) string { return filepath.Join(os.Getenv(folderVariable), name) }
