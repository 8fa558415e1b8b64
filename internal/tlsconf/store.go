package tlsconf

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"sync"
	"time"
)

// A snapshot is what sessions begin with. It is not changed once it is published.
type snapshot struct {
	config    *tls.Config // what all connections have in common
	main      *unit
	clientCAs *x509.CertPool
	caInfo    fs.FileInfo
	dir       map[string]*unit // by path of the certificate
	index     map[string][]*tls.Certificate
}

// A unit is a pair with what is known of the files it was read from.
type unit struct {
	*pair
	certInfo, keyInfo fs.FileInfo // nil if it was made in memory
}

// A store reads certificates.
type store struct {
	config Config
	made   *pair // the self-signed certificate that could not be stored, or is not to be

	mu      sync.Mutex        // held while one goroutine looks at the files
	next    time.Time         // no look before
	spacing time.Duration     // the least time between two looks
	dated   time.Time         // when the dates were looked at last
	faults  map[string]fault  // of the last look, by what they are about
	found   map[string]string // of this look
}

// A fault is what was wrong with a file at the last look. It is said at the second look that finds it: files that are
// replaced one after the other do not match for a moment.
type fault struct {
	message string
	said    bool
}

func newStore(c Config) *store {
	return &store{config: c, faults: map[string]fault{}, spacing: lookSpacing}
}

// A contents is a file as it was read.
type contents struct {
	data []byte
	info fs.FileInfo
}

// read reads a PEM file.
func (st *store) read(path string) (contents, error) {
	f, err := st.config.Open(path)
	if err != nil {
		return contents{}, fileFault(path, err)
	}
	defer func() { _ = f.Close() }() // only read
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		return contents{}, fmt.Errorf("%s: not a file; name a PEM file", path)
	}
	var data []byte
	if err == nil {
		data, err = io.ReadAll(io.LimitReader(f, maxPEM+1))
	}
	if err != nil {
		return contents{}, fileFault(path, err)
	}
	if len(data) > maxPEM {
		return contents{}, fmt.Errorf("%s: longer than %d bytes; is it the right file?", path, maxPEM)
	}
	return contents{data, info}, nil
}

// fileFault says why a file cannot be read, and the cure.
func fileFault(path string, err error) error {
	cure := "see what is wrong with the disk"
	switch {
	case errors.Is(err, fs.ErrNotExist):
		cure = "create it, or name the right one"
	case errors.Is(err, fs.ErrPermission):
		cure = "let the server's user read it"
	}
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		err = e.Err
	}
	return &unreadable{path, cure, err}
}

// unreadable is a file that cannot be opened or read.
type unreadable struct {
	path, cure string
	cause      error
}

func (e *unreadable) Error() string { return fmt.Sprintf("%s: %v; %s", e.path, e.cause, e.cure) }
func (e *unreadable) Unwrap() error { return e.cause }

// load reads everything for the first time.
func (st *store) load() (*snapshot, []error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.dated, st.next = st.config.Now(), time.Now().Add(st.spacing)
	st.found = map[string]string{}
	shot := &snapshot{}
	var faults [3]error
	shot.main, faults[0] = st.loadMain()
	if faults[0] == nil || st.config.ClientCA != "" { // else it is the same file, and the same fault
		shot.clientCAs, shot.caInfo, faults[1] = st.clientCAs()
	}
	shot.dir, faults[2] = st.loadDirectory(nil)
	if left := slices.DeleteFunc(faults[:], func(err error) bool { return err == nil }); len(left) > 0 {
		return nil, left
	}
	for _, path := range slices.Sorted(maps.Keys(st.found)) {
		st.config.Report(st.found[path])
		st.faults[path] = fault{st.found[path], true}
	}
	shot.index = makeIndex(shot)
	return shot, nil
}

// loadUnit reads a certificate and its key, and reports what is remarkable.
func (st *store) loadUnit(certPath, keyPath string) (*unit, error) {
	cert, err := st.read(certPath)
	if err != nil {
		return nil, err
	}
	key := cert
	if keyPath != certPath {
		if key, err = st.read(keyPath); err != nil {
			return nil, err
		}
	}
	b, err := parsePEM(cert.data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", certPath, err)
	}
	keys := b.keys
	if keyPath != certPath {
		k, err := parsePEM(key.data)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", keyPath, err)
		}
		if keys = k.keys; len(keys) == 0 {
			return nil, fmt.Errorf("%s: no key in it; name the file that holds the key", keyPath)
		}
	}
	p, err := newPair(b.certs, keys)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", certPath, err)
	}
	return &unit{p, cert.info, key.info}, nil
}

// remark reports what is remarkable about a unit that comes into use.
func (st *store) remark(u *unit, certPath, keyPath string) {
	if message := exposed(u.keyInfo); message != "" {
		st.config.Report(keyPath + ": " + message)
	}
	for _, message := range st.config.remarks(u.pair) {
		st.config.Report(certPath + ": " + message)
	}
}

// same tells whether a file is the one that was read, unchanged.
func (st *store) same(path string, read fs.FileInfo) bool {
	if read == nil {
		return false
	}
	now, err := st.config.Stat(path)
	return err == nil && os.SameFile(now, read) && now.ModTime().Equal(read.ModTime()) && now.Size() == read.Size() &&
		now.Mode() == read.Mode()
}
