package main

import (
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
	_ "modernc.org/sqlite" // makes the file of -sources sqlite
)

// A backing is what servers ask for accounts: a database, a directory, pure-authd. Its CPU time is counted by itself.
type backing struct {
	name  string
	child *child
	meter meter
}

const (
	backingPassword = "backing-password" // of servers towards databases and the directory
	backingLimit    = 60 * time.Second   // from the start to the first connection, and from the signal to the end
	nobodyID        = "65534"

	mariaDBPort   = 3306
	postgresPort  = 5432
	directoryPort = 3389

	directoryAdmin = "cn=admin,dc=example,dc=org"
)

// asNobody is a program that runs as nobody.
func asNobody(path string, args ...string) program {
	return program{path: "/usr/bin/setpriv",
		args: append([]string{"--reuid", nobodyID, "--regid", nobodyID, "--clear-groups", path}, args...)}
}

// run runs a program to its end; input may be "".
func (prog program) run(input string) error {
	cmd := exec.Command(prog.path, prog.args...)
	cmd.Env = append([]string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"}, prog.env...)
	cmd.Dir, cmd.Stdin = "/", strings.NewReader(input)
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(prog.args, " "), err, text)
	}
	return nil
}

// back starts a program and waits until it accepts connections.
func (st *stage) back(name, network, address string, prog program) (*backing, error) {
	child, meter, err := launch(st.plan, name, nofileFew, prog)
	if err != nil {
		return nil, err
	}
	b := &backing{name: name, child: child, meter: meter}
	for end := time.Now().Add(backingLimit); ; time.Sleep(50 * time.Millisecond) {
		conn, err := net.Dial(network, address)
		if err == nil {
			return b, conn.Close()
		}
		if time.Now().After(end) {
			return nil, errors.Join(fmt.Errorf("start %s: %w", name, err), b.stop())
		}
	}
}

// stop ends it in good order, and kills it if that takes too long.
func (b *backing) stop() error {
	// SIGINT is a quick and clean end for PostgreSQL and slapd; MariaDB and pure-authd want SIGTERM.
	how := map[string]syscall.Signal{"postgres": syscall.SIGINT, "slapd": syscall.SIGINT}[b.name]
	if how == 0 {
		how = syscall.SIGTERM
	}
	if err := b.child.cmd.Process.Signal(how); err != nil {
		return fmt.Errorf("stop %s: %w", b.name, err)
	}
	killer := time.AfterFunc(backingLimit, func() { _ = b.child.cmd.Process.Kill() }) // it may have ended just now
	defer killer.Stop()
	if err := b.child.cmd.Wait(); err != nil {
		if _, ok := errors.AsType[*exec.ExitError](err); !ok {
			return fmt.Errorf("stop %s: %w", b.name, err)
		}
	}
	return nil
}

// room makes a directory of nobody's in the stage.
func (st *stage) room(name string) (string, error) {
	dir := filepath.Join(st.Stage, name)
	if err := os.RemoveAll(dir); err != nil {
		return "", err
	}
	id, err := strconv.Atoi(nobodyID)
	return dir, errors.Join(err, os.Mkdir(dir, 0o755), os.Chown(dir, id, id))
}

func openPureDB(st *stage) (string, *backing, error) {
	index, err := st.database()
	return "puredb:" + index, nil, err
}

// table creates the original's sample table with one user, whose hash has no quotes.
func (st *stage) table() string {
	return "CREATE TABLE users (login VARCHAR(255) NOT NULL, password VARCHAR(255) NOT NULL, uid INTEGER NOT NULL, " +
		"gid INTEGER NOT NULL, dir VARCHAR(255) NOT NULL, PRIMARY KEY (login));\n" +
		fmt.Sprintf("INSERT INTO users VALUES ('%s', '%s', %d, %d, '%s/./');\n", userName, hashes()[st.Hash], userID, userID, st.home)
}

// queries is a configuration file with the queries of the original's sample files.
func (st *stage) queries(name, prefix, head string) (string, error) {
	text := head + prefix + "Crypt crypt\n"
	for _, q := range [][2]string{{"PW", "password"}, {"UID", "uid"}, {"GID", "gid"}, {"Dir", "dir"}} {
		text += fmt.Sprintf("%sGet%s SELECT %s FROM users WHERE login='\\L'\n", prefix, q[0], q[1])
	}
	path, err := st.configure(name+".conf", text)
	return name + ":" + path, err
}

// served is the head of the file for a database server.
func served(prefix string, port int) string {
	return fmt.Sprintf("%sServer 127.0.0.1\n%[1]sPort %d\n%[1]sUser ftp\n%[1]sPassword %[3]s\n%[1]sDatabase pureftpd\n", prefix, port, backingPassword)
}

func openMariaDB(st *stage) (string, *backing, error) {
	dir, err := st.room("mariadb")
	if err != nil {
		return "", nil, err
	}
	data, script := filepath.Join(dir, "data"), filepath.Join(dir, "init.sql")
	statements := "CREATE DATABASE pureftpd;\nUSE pureftpd;\nCREATE USER ftp IDENTIFIED BY '" + backingPassword + "';\n" +
		"GRANT ALL ON pureftpd.* TO ftp;\n" + st.table()
	err = errors.Join(os.WriteFile(script, []byte(statements), 0o644),
		asNobody("mariadb-install-db", "--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db", "--datadir="+data).run(""))
	if err != nil {
		return "", nil, err
	}
	b, err := st.back("mariadb", "tcp", fmt.Sprint("127.0.0.1:", mariaDBPort), asNobody("mariadbd", "--no-defaults", "--datadir="+data,
		"--socket="+filepath.Join(dir, "s"), "--pid-file="+filepath.Join(dir, "pid"), "--tmpdir="+dir, "--bind-address=127.0.0.1",
		fmt.Sprint("--port=", mariaDBPort), "--skip-name-resolve", "--innodb-buffer-pool-size=16M", "--init-file="+script,
		"--log-error="+filepath.Join(dir, "log")))
	if err != nil {
		return "", nil, err
	}
	login, err := st.queries("mysql", "MYSQL", served("MYSQL", mariaDBPort))
	return login, b, err
}

func openPostgres(st *stage) (string, *backing, error) {
	programs, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil || len(programs) == 0 {
		return "", nil, errors.Join(err, errors.New("PostgreSQL is not installed"))
	}
	bin := programs[len(programs)-1]
	dir, err := st.room("postgres")
	if err != nil {
		return "", nil, err
	}
	data := filepath.Join(dir, "data")
	if err := asNobody(filepath.Join(bin, "initdb"), "-D", data, "-U", "postgres", "--auth-local=trust", "--auth-host=scram-sha-256",
		"--no-sync", "-E", "UTF8", "--no-locale").run(""); err != nil {
		return "", nil, err
	}
	for _, setup := range []struct{ database, statements string }{
		{"postgres", "CREATE ROLE ftp LOGIN PASSWORD '" + backingPassword + "';\nCREATE DATABASE pureftpd;\n"},
		{"pureftpd", st.table() + "GRANT ALL ON users TO ftp;\n"},
	} {
		one := asNobody(filepath.Join(bin, "postgres"), "--single", "-D", data, "-c", "exit_on_error=on", setup.database)
		if err := one.run(setup.statements); err != nil {
			return "", nil, err
		}
	}
	b, err := st.back("postgres", "tcp", fmt.Sprint("127.0.0.1:", postgresPort), asNobody(filepath.Join(bin, "postgres"), "-D", data,
		"-k", dir, "-p", fmt.Sprint(postgresPort), "-c", "listen_addresses=127.0.0.1", "-c", "shared_buffers=16MB",
		"-c", "dynamic_shared_memory_type=mmap", "-c", "logging_collector=on"))
	if err != nil {
		return "", nil, err
	}
	login, err := st.queries("pgsql", "PGSQL", served("PGSQL", postgresPort))
	return login, b, err
}

func openSQLite(st *stage) (login string, _ *backing, err error) {
	path := filepath.Join(st.conf, "users.sqlite")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		return "", nil, err
	}
	_, err = db.Exec(st.table())
	if err := errors.Join(err, db.Close()); err != nil {
		return "", nil, err
	}
	login, err = st.queries("sqlite", "SQLite", "SQLiteDatabase "+path+"\n")
	return login, nil, err
}

// openLDAP starts a directory; method is what its configuration file says of passwords.
func openLDAP(st *stage, method string) (string, *backing, error) {
	dir, err := st.room("slapd")
	if err != nil {
		return "", nil, err
	}
	// The cache may lie where nobody may not enter.
	root := filepath.Join(st.Stage, "slapd-root")
	if err := os.Mkdir(root, 0o755); err == nil {
		err = unix.Mount(filepath.Join(st.Cache, "slapd"), root, "", unix.MS_BIND, "")
		if err != nil {
			return "", nil, fmt.Errorf("mount slapd: %w", err)
		}
	} else if !errors.Is(err, os.ErrExist) {
		return "", nil, err
	}
	config := strings.NewReplacer("ADMIN", directoryAdmin, "PASSWORD", backingPassword, "DIR", dir, "ROOT", root).Replace(`
include ROOT/etc/ldap/schema/core.schema
include ROOT/etc/ldap/schema/cosine.schema
include ROOT/etc/ldap/schema/nis.schema
modulepath ROOT/usr/lib/ldap
moduleload back_mdb
pidfile DIR/pid
database mdb
maxsize 33554432
suffix "dc=example,dc=org"
rootdn "ADMIN"
rootpw PASSWORD
directory DIR
index uid eq
access to attrs=userPassword by anonymous auth by * none
access to * by * read
`)
	entries := fmt.Sprintf("dn: dc=example,dc=org\nobjectClass: domain\ndc: example\n\n"+
		"dn: uid=%s,dc=example,dc=org\nobjectClass: account\nobjectClass: posixAccount\nuid: %[1]s\ncn: %[1]s\nuidNumber: %d\n"+
		"gidNumber: %[2]d\nhomeDirectory: %s/./\nuserPassword: {CRYPT}%s\n", userName, userID, st.home, hashes()[st.Hash])
	file := filepath.Join(dir, "slapd.conf")
	if err := os.WriteFile(file, []byte(config), 0o644); err != nil {
		return "", nil, err
	}
	slapd := func(args ...string) program {
		prog := asNobody(filepath.Join(root, "usr/sbin/slapd"), args...)
		prog.env = []string{libraryPath(root)}
		return prog
	}
	if err := slapd("-T", "add", "-q", "-f", file).run(entries); err != nil {
		return "", nil, err
	}
	address := fmt.Sprint("127.0.0.1:", directoryPort)
	b, err := st.back("slapd", "tcp", address, slapd("-d", "0", "-f", file, "-h", "ldap://"+address))
	if err != nil {
		return "", nil, err
	}
	path, err := st.configure("ldap.conf", fmt.Sprintf("LDAPServer 127.0.0.1\nLDAPPort %d\nLDAPBaseDN dc=example,dc=org\n%s", directoryPort, method))
	return "ldap:" + path, b, err
}

// besideAuthd starts the pure-authd that belongs to a server, with a program that is the same for both.
func besideAuthd(st *stage, server, pkg string) (string, *backing, error) {
	script := filepath.Join(st.conf, "authenticate")
	text := fmt.Sprintf("#!/bin/sh\nif [ \"$AUTHD_ACCOUNT:$AUTHD_PASSWORD\" = '%s:%s' ]; then\n"+
		"\tprintf 'auth_ok:1\\nuid:%d\\ngid:%[3]d\\ndir:%s/./\\nend\\n'\nelse\n\tprintf 'auth_ok:-1\\nend\\n'\nfi\n", userName, password, userID, st.home)
	if err := os.WriteFile(script, []byte(text), 0o755); err != nil {
		return "", nil, err
	}
	binary := filepath.Join(filepath.Dir(st.Ours), "pure-authd")
	if pkg != "" {
		binary = filepath.Join(st.Cache, pkg, "usr/sbin/pure-authd")
	}
	name := "authd-" + server
	socket := filepath.Join(st.conf, name+".socket")
	b, err := st.back(name, "unix", socket, program{path: binary, env: []string{libraryPath(filepath.Join(st.Cache, original().pkg))},
		args: []string{"-s", socket, "-r", script, "-p", filepath.Join(st.conf, name+".pid")}})
	return "extauth:" + socket, b, err
}

func openPAM(*stage) (string, *backing, error) {
	const phases = "auth required pam_unix.so nodelay\naccount required pam_unix.so\nsession required pam_permit.so\n"
	return "pam", nil, os.WriteFile("/etc/pam.d/pure-ftpd", []byte(phases), 0o644)
}
