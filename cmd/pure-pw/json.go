package main

import (
	"encoding/json"
	"io"
	"strings"

	"pureftpd/internal/passwdfile"
)

// An accountJSON is an account in the output of --json. A member that is missing is a limit or rule that the
// account has not got.
type accountJSON struct {
	Login string `json:"login"`
	Hash  string `json:"hash,omitempty"` // of the password
	UID   uint32 `json:"uid"`
	GID   uint32 `json:"gid"`
	Gecos string `json:"gecos"`
	Home  string `json:"home"` // with "/./" where the chroot ends

	UploadRate    *uint64 `json:"upload_rate,omitempty"` // bytes per second
	DownloadRate  *uint64 `json:"download_rate,omitempty"`
	UploadRatio   *uint64 `json:"upload_ratio,omitempty"`
	DownloadRatio *uint64 `json:"download_ratio,omitempty"`
	MaxSessions   *uint64 `json:"max_sessions,omitempty"`
	MaxFiles      *uint64 `json:"max_files,omitempty"`
	MaxBytes      *uint64 `json:"max_bytes,omitempty"`

	LocalAllow  []string `json:"local_allow,omitempty"`
	LocalDeny   []string `json:"local_deny,omitempty"`
	ClientAllow []string `json:"client_allow,omitempty"`
	ClientDeny  []string `json:"client_deny,omitempty"`
	Hours       string   `json:"hours,omitempty"` // "900-1730"

	// Refused says why the server lets nobody in by this line; missing if it does.
	Refused string `json:"refused,omitempty"`
}

func toJSON(e entry) accountJSON {
	a := accountJSON{
		Login: e.Login, Hash: e.Hash, UID: e.UID, GID: e.GID, Gecos: e.Gecos, Home: e.Home,
		UploadRate: jsonNumber(e.UploadRate), DownloadRate: jsonNumber(e.DownloadRate),
		UploadRatio: jsonNumber(e.UploadRatio), DownloadRatio: jsonNumber(e.DownloadRatio),
		MaxSessions: jsonNumber(e.MaxSessions), MaxFiles: jsonNumber(e.MaxFiles), MaxBytes: jsonNumber(e.MaxBytes),
		LocalAllow: jsonList(e.LocalAllow), LocalDeny: jsonList(e.LocalDeny),
		ClientAllow: jsonList(e.ClientAllow), ClientDeny: jsonList(e.ClientDeny),
		Hours: e.Hours.String(),
	}
	if e.strict != nil {
		a.Refused = e.strict.Error()
	}
	return a
}

func jsonNumber(n passwdfile.Number) *uint64 {
	if !n.Set {
		return nil
	}
	return &n.N
}

// jsonList returns the items of a list.
func jsonList(l passwdfile.AddressList) []string {
	var items []string
	for item := range strings.SplitSeq(l.String(), ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
