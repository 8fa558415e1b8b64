package tlsconf

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// maxDirectory bounds the certificates of the directory.
const maxDirectory = 10000

// list names the certificates of the directory: *.pem with its key in it, NAME.crt with NAME.key beside it.
func (st *store) list() (certs []string, err error) {
	dir, err := st.config.Open(st.config.Directory)
	if err != nil {
		return nil, fileFault(st.config.Directory, err)
	}
	defer func() { _ = dir.Close() }() // only read
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, fileFault(st.config.Directory, err)
	}
	for _, name := range names {
		if ext := filepath.Ext(name); (ext == ".pem" || ext == ".crt") && !strings.HasPrefix(name, ".") {
			certs = append(certs, filepath.Join(st.config.Directory, name))
		}
	}
	slices.Sort(certs)
	if len(certs) > maxDirectory {
		return nil, fmt.Errorf("%s: more than %d certificates; is it the right directory?", st.config.Directory, maxDirectory)
	}
	return certs, nil
}

// keyPath is where the key to a certificate of the directory is.
func keyPath(certPath string) string {
	if base, ok := strings.CutSuffix(certPath, ".crt"); ok {
		return base + ".key"
	}
	return certPath
}

// loadDirectory reads what is new or changed in the directory and keeps the rest of old. A certificate that is broken is
// left out, or stays what it was; only the directory itself is worth an error.
func (st *store) loadDirectory(old map[string]*unit) (map[string]*unit, error) {
	if st.config.Directory == "" {
		return nil, nil
	}
	paths, err := st.list()
	if err != nil {
		return old, err
	}
	units := make(map[string]*unit, len(paths))
	for _, path := range paths {
		u, err := st.renew(old[path], path, keyPath(path))
		switch {
		case err == nil:
		case old[path] != nil:
			u = old[path]
			st.found[path] = err.Error() + "; the old one stays in use"
		default:
			st.found[path] = err.Error() + "; it is not used until then"
		}
		if u != nil {
			units[path] = u
		}
	}
	return units, nil
}
