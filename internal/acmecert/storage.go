package acmecert

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"pureftpd/internal/replace"
)

// maxFile bounds what is read of a file of ours.
const maxFile = 1 << 20

// prepare makes the folder and the account's key, if they are not there.
func (k *Keeper) prepare() error {
	return k.As(func() error {
		if err := os.MkdirAll(k.home(), 0o700); err != nil {
			return err
		}
		path := filepath.Join(k.home(), "account.key")
		text, err := readFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			if k.account, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
				return err
			}
			if text, err = keyPEM(k.account); err != nil {
				return err
			}
			return writeFile(path, text)
		}
		if err != nil {
			return err
		}
		if k.account, err = parseKey(text); err != nil {
			return fmt.Errorf("%s: %w; remove it, and a new account is made", path, err)
		}
		return nil
	})
}

func parseKey(text []byte) (*ecdsa.PrivateKey, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("no PEM block in it")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	if key, ok := key.(*ecdsa.PrivateKey); ok {
		return key, nil
	}
	return nil, errors.New("not an ECDSA key")
}

func keyPEM(key *ecdsa.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// stored returns the certificate in the file.
func (k *Keeper) stored() (leaf *x509.Certificate, err error) {
	err = k.As(func() error {
		text, err := readFile(k.File())
		if err != nil {
			return err
		}
		pair, err := tls.X509KeyPair(text, text)
		leaf = pair.Leaf
		return err
	})
	return leaf, err
}

// store puts a certificate and its key into the file, whole or not at all.
func (k *Keeper) store(c *issued) error {
	var text []byte
	for _, der := range c.chain {
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	secret, err := keyPEM(c.key)
	if err != nil {
		return err
	}
	return k.As(func() error { return writeFile(k.File(), append(text, secret...)) })
}

func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err == nil && (!info.Mode().IsRegular() || info.Size() > maxFile) {
		err = fmt.Errorf("%s is not a file of ours", path)
	}
	if err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}

// writeFile replaces a file by one that only its owner can read.
func writeFile(path string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Chmod(0o600), f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return replace.SyncDir(path)
}

// lock keeps other processes with the same storage from asking for the same certificate. It returns replace.ErrLocked if one
// does. It writes a file, so a storage that cannot be written to is found before the authority is asked.
func (k *Keeper) lock() (unlock func() error, err error) {
	var f *os.File
	err = k.As(func() error {
		f, err = os.OpenFile(filepath.Join(k.home(), "lock"), os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return err
		}
		err = replace.TryLock(f)
		if err == nil {
			err = writeFile(f.Name()+".tried", []byte("\n"))
		}
		if err == nil {
			err = os.Remove(f.Name() + ".tried")
		}
		if err != nil {
			return errors.Join(err, f.Close())
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return f.Close, nil
}
