package authd

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"pureftpd/internal/linemsg"
)

// The keys of a question.
const (
	AccountKey    = "account"
	PasswordKey   = "password"
	LocalIPKey    = "localhost"
	LocalPortKey  = "localport"
	RemoteIPKey   = "peer"
	ServerNameKey = "sni_name"
	EncryptedKey  = "encrypted"
)

// A Question is who wants to log in, and how. It holds a password and is not to be printed.
type Question struct {
	Account    string `json:"account"`
	Password   string `json:"password"`
	LocalIP    string `json:"localhost"`
	LocalPort  uint16 `json:"localport"`
	RemoteIP   string `json:"peer"`
	ServerName string `json:"sni_name"` // by which the client called the server in its TLS handshake, if it did
	Encrypted  bool   `json:"encrypted"`
}

// Why a question cannot be asked.
var (
	ErrBinary = errors.New("a line cannot hold a line feed or a NUL byte")
	ErrUTF8   = errors.New("JSON cannot hold what is not UTF-8")
	ErrLong   = errors.New("it would be longer than 4095 bytes")
)

// Lines returns the question as lines.
func (q Question) Lines() ([]byte, error) {
	encrypted := "0"
	if q.Encrypted {
		encrypted = "1"
	}
	var b []byte
	for _, line := range []struct{ key, value string }{
		{AccountKey, q.Account},
		{PasswordKey, q.Password},
		{LocalIPKey, q.LocalIP},
		{LocalPortKey, strconv.Itoa(int(q.LocalPort))},
		{RemoteIPKey, q.RemoteIP},
		{ServerNameKey, q.ServerName},
		{EncryptedKey, encrypted},
	} {
		if strings.ContainsAny(line.value, "\n\x00") {
			return nil, ErrBinary
		}
		b = linemsg.Append(b, line.key, line.value)
	}
	if b = linemsg.AppendEnd(b); len(b) > linemsg.MaxSize {
		return nil, ErrLong
	}
	return b, nil
}

// JSON returns the question as an object. What is not UTF-8 would be replaced, so that several passwords became one.
func (q Question) JSON() ([]byte, error) {
	for _, value := range []string{q.Account, q.Password, q.ServerName} {
		if !utf8.ValidString(value) {
			return nil, ErrUTF8
		}
	}
	return json.Marshal(q)
}
