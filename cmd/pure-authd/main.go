// Command pure-authd tells pure-ftpd who may log in, by asking a program.
//
// All but the question is package scriptd's.
package main

import (
	"os"

	"pureftpd/internal/authd"
	"pureftpd/internal/scriptd"
)

func main() {
	kind := scriptd.Kind{
		Name: "pure-authd",
		Variables: []scriptd.Variable{
			{Key: authd.AccountKey, Name: "AUTHD_ACCOUNT"},
			{Key: authd.PasswordKey, Name: "AUTHD_PASSWORD"},
			{Key: authd.LocalIPKey, Name: "AUTHD_LOCAL_IP"},
			{Key: authd.LocalPortKey, Name: "AUTHD_LOCAL_PORT"},
			{Key: authd.RemoteIPKey, Name: "AUTHD_REMOTE_IP"},
			{Key: authd.ServerNameKey, Name: "AUTHD_CLIENT_SNI_NAME"},
			{Key: authd.EncryptedKey, Name: "AUTHD_ENCRYPTED"},
		},
		Failure: []byte(authd.No), // the empty answer would have the server ask somebody else
	}
	os.Exit(kind.Main(os.Args[1:], os.Stdout, os.Stderr))
}
