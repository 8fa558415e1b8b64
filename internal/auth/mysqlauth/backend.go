package mysqlauth

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"strconv"
	"strings"

	"github.com/go-sql-driver/mysql"

	"pureftpd/internal/auth/conffile"
	"pureftpd/internal/auth/sqlauth"
)

const prefix = "MYSQL"

// defaultPort is that of the protocol.
const defaultPort = 3306

// localSockets is where "localhost" is, for the client library of the original and so for ours: a name of a socket, of TCP
// only if there is none. Nobody but a database may make a file there, which is not so in /tmp.
var localSockets = [...]string{"/run/mysqld/mysqld.sock", "/var/lib/mysql/mysql.sock"}

// A Config names the file and the parts of a Backend.
type Config struct {
	Path string // the configuration file

	// Open opens files that the configuration names, and itself. nil means os.Open.
	Open func(path string) (*os.File, error)

	sqlauth.Parts
}

// dialect is MySQL's in its usual mode. Where the server has another one (ANSI_QUOTES, NO_BACKSLASH_ESCAPES), a statement may
// be refused by it; a value is a parameter all the same.
func dialect() sqlauth.Dialect {
	return sqlauth.Dialect{
		Backslash: true, DoubleQuotes: true, NameQuotes: "`", Hash: true, DashBlank: true, Marks: "?", Concat: true,
	}
}

func keywords() []string {
	return append(sqlauth.Keys(prefix), "MYSQLServer", "MYSQLPort", "MYSQLSocket", "MYSQLUser", "MYSQLPassword",
		"MYSQLDatabase", "MYSQLTransactions", "MYSQLTLS", "MYSQLCAFile", "MYSQLCertFile", "MYSQLKeyFile")
}

// New reads the file and returns a Backend, which does not connect yet. The error holds all mistakes of the file.
func New(c Config) (*sqlauth.Backend, error) {
	if c.Open == nil {
		c.Open = os.Open
	}
	file, err := conffile.Load(c.Path, c.Open, keywords())
	if err != nil {
		return nil, err
	}
	server, failed := serverOf(file, c.Open)
	connector, err := mysql.NewConnector(server)
	if err != nil {
		failed = errors.Join(failed, file.Mistake("MYSQLServer", "%v", err))
	}
	transactions, err := onOff(file, "MYSQLTransactions")
	backend, common := sqlauth.New(file, sqlauth.Database{
		Prefix: prefix, Where: "MySQL at " + server.Addr, Dialect: dialect(), Connector: connector, Transactions: transactions,
	}, c.Parts)
	if err = errors.Join(failed, err, common); err != nil {
		if backend != nil {
			err = errors.Join(err, backend.Close())
		}
		return nil, err
	}
	return backend, nil
}

// serverOf is how the server is reached.
func serverOf(file *conffile.File, open func(string) (*os.File, error)) (*mysql.Config, error) {
	s := mysql.NewConfig()
	s.Logger = &mysql.NopLogger{} // what it would say comes as an error as well
	s.User, s.Passwd, s.DBName = file.Text("MYSQLUser"), file.Text("MYSQLPassword"), file.Text("MYSQLDatabase")
	var failed error
	host, socket := file.Text("MYSQLServer"), file.Text("MYSQLSocket")
	switch {
	case host != "":
		s.Net, s.Addr = "tcp", net.JoinHostPort(strings.Trim(host, "[]"), strconv.Itoa(port(file.Text("MYSQLPort"))))
	case strings.HasPrefix(socket, "/"):
		s.Net, s.Addr = "unix", socket
	case socket != "":
		failed = file.Mistake("MYSQLSocket", "not an absolute path")
	default:
		failed = file.Mistake("MYSQLServer", "is missing, and so is MYSQLSocket")
	}
	if s.User == "" {
		failed = errors.Join(failed, file.Mistake("MYSQLUser", "is missing"))
	}
	encryption, err := encryptionOf(file, host, open)
	s.TLS = encryption
	if host == "localhost" && encryption == nil {
		s.DialFunc = dialLocal
	}
	return s, errors.Join(failed, err)
}

// port is the number of MYSQLPort; what is none is the usual one, as in the original.
func port(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > 65535 {
		return defaultPort
	}
	return n
}

// dialLocal looks for the socket of a server on this machine before it uses TCP.
func dialLocal(ctx context.Context, network, address string) (net.Conn, error) {
	var d net.Dialer
	for _, path := range localSockets {
		if conn, err := d.DialContext(ctx, "unix", path); err == nil {
			return conn, nil
		}
	}
	return d.DialContext(ctx, network, address)
}

// onOff reads a key that is on or not.
func onOff(file *conffile.File, key string) (bool, error) {
	switch strings.ToLower(file.Text(key)) {
	case "on", "yes", "1", "true":
		return true, nil
	case "", "off", "no", "0", "false":
		return false, nil
	}
	return false, file.Mistake(key, "neither on nor off")
}

// encryptionOf is what MYSQLTLS asks for; nil is none. "on" wants a certificate of the server's name, "unverified" takes any.
func encryptionOf(file *conffile.File, host string, open func(string) (*os.File, error)) (*tls.Config, error) {
	c := &tls.Config{ServerName: strings.Trim(host, "[]"), MinVersion: tls.VersionTLS12}
	switch strings.ToLower(file.Text("MYSQLTLS")) {
	case "", "off", "no":
		for _, key := range []string{"MYSQLCAFile", "MYSQLCertFile", "MYSQLKeyFile"} {
			if file.Has(key) {
				return nil, file.Mistake(key, "has no meaning without MYSQLTLS on")
			}
		}
		return nil, nil //nolint:nilnil // no encryption
	case "on", "yes":
		if host == "" {
			return nil, file.Mistake("MYSQLTLS", "needs MYSQLServer: a socket has no name to verify")
		}
	case "unverified":
		c.InsecureSkipVerify = true // the administrator says so
	default:
		return nil, file.Mistake("MYSQLTLS", "none of on, off, unverified")
	}
	return c, errors.Join(addCA(c, file, open), addCertificate(c, file, open))
}

func addCA(c *tls.Config, file *conffile.File, open func(string) (*os.File, error)) error {
	const key = "MYSQLCAFile"
	if !file.Has(key) {
		return nil
	}
	text, err := readFile(file.Text(key), open)
	if err != nil {
		return file.Mistake(key, "%v", err)
	}
	c.RootCAs = x509.NewCertPool()
	if !c.RootCAs.AppendCertsFromPEM(text) {
		return file.Mistake(key, "no certificate in %s", file.Text(key))
	}
	return nil
}

// addCertificate adds the one that the server wants of its clients.
func addCertificate(c *tls.Config, file *conffile.File, open func(string) (*os.File, error)) error {
	const certKey, keyKey = "MYSQLCertFile", "MYSQLKeyFile"
	if !file.Has(certKey) && !file.Has(keyKey) {
		return nil
	}
	if !file.Has(certKey) || !file.Has(keyKey) {
		return file.Mistake(certKey, "goes together with MYSQLKeyFile")
	}
	cert, err := readFile(file.Text(certKey), open)
	if err != nil {
		return file.Mistake(certKey, "%v", err)
	}
	key, err := readFile(file.Text(keyKey), open)
	if err != nil {
		return file.Mistake(keyKey, "%v", err)
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return file.Mistake(certKey, "%v", err)
	}
	c.Certificates = []tls.Certificate{pair}
	return nil
}

// maxPEM bounds a file of certificates, in bytes: all those of a system.
const maxPEM = 4 << 20

func readFile(path string, open func(string) (*os.File, error)) ([]byte, error) {
	f, err := open(path)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(f, maxPEM))
	return text, errors.Join(err, f.Close())
}
