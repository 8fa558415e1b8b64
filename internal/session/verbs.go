package session

import (
	"context"

	"pureftpd/internal/ftp"
)

type needs uint8

const ( // what must hold before a verb runs
	login     needs = 1 << iota // else 530
	realUser                    // not anonymous, else 550
	protected                   // under -Y 3 a private data connection (PROT P), else 521
	argument                    // an argument, else 501
	dummy                       // it does not keep a session alive
	neutral                     // it neither starts nor stops the clock of dummy commands
)

// A verb is one row: dispatch, HELP, FEAT, logging and counting read it.
type verb struct {
	run    func(*Session, context.Context, string) (ftp.Reply, error)
	needs  needs
	secret bool   // the argument never reaches a log
	syntax string // for HELP: what follows the verb
	help   string // for HELP: what it does
	row    int    // its place in a Tally; 0: unknown
}

// verbs is the table of all commands. It is a function because HELP reads the table it stands in.
func verbs() map[string]verb {
	return map[string]verb{
		// Access control (RFC 959, 4.1.1).
		"USER": {run: (*Session).userVerb, syntax: "name", help: "say who logs in", needs: neutral},
		"PASS": {run: (*Session).pass, secret: true, syntax: "password", help: "prove it"},
		"ACCT": {run: (*Session).acct, syntax: "account", help: "not needed here"},
		"CWD":  {run: (*Session).cwdVerb, needs: login | dummy, syntax: "directory", help: "change the working directory"},
		"XCWD": {run: (*Session).cwdVerb, needs: login | dummy, syntax: "directory", help: "the same as CWD"},
		"CDUP": {run: (*Session).cdup, needs: login, help: "change to the parent directory"},
		"XCUP": {run: (*Session).cdup, needs: login, help: "the same as CDUP"},
		"QUIT": {run: (*Session).quit, help: "log out"},

		// Security (RFC 2228, RFC 4217).
		"AUTH": {run: (*Session).authVerb, needs: neutral, syntax: "TLS", help: "begin TLS on this connection"},
		"PBSZ": {run: (*Session).pbsz, syntax: "0", help: "set the size of a buffer that TLS does not need"},
		"PROT": {run: (*Session).prot, needs: neutral, syntax: "C | P", help: "make data connections clear or private"},
		"CCC":  {run: (*Session).ccc, needs: neutral, help: "end TLS on this connection"},

		// Transfer parameters (4.1.2; RFC 2428).
		"PORT": {run: (*Session).port, needs: login, syntax: "h1,h2,h3,h4,p1,p2", help: "connect to this address for data"},
		"EPRT": {run: (*Session).eprt, needs: login, syntax: "|family|address|port|",
			help: "connect to this address for data"},
		"PASV": {run: (*Session).pasv, needs: login, help: "await the data connection"},
		"P@SW": {run: (*Session).pasv, needs: login, help: "the same as PASV, for firewalls that change its name"},
		"EPSV": {run: (*Session).epsv, needs: login, syntax: "[family | ALL]", help: "await the data connection"},
		"ESTA": {run: (*Session).esta, needs: login, help: "open the active data connection and say from where"},
		"ESTP": {run: (*Session).estp, needs: login, help: "accept the passive data connection and say from where"},
		"TYPE": {run: (*Session).typeVerb, needs: argument | dummy, syntax: "A | I | L 8", help: "set the representation type"},
		"STRU": {run: (*Session).stru, needs: argument | neutral, syntax: "F", help: "set the file structure"},
		"MODE": {run: (*Session).mode, needs: argument | dummy, syntax: "S", help: "set the transfer mode"},

		// Transfers and files (4.1.3; RFC 3659).
		"RETR": {run: (*Session).retr, needs: login | protected | argument, syntax: "file", help: "download"},
		"STOR": {run: (*Session).stor, needs: login | protected | argument, syntax: "file", help: "upload"},
		"APPE": {run: (*Session).appe, needs: login | protected | argument, syntax: "file", help: "upload to the end of a file"},
		"STOU": {run: (*Session).stou, needs: login | protected, help: "upload under a name the server makes up"},
		"PRET": {run: (*Session).pret, needs: login, syntax: "command", help: "announce the command that will follow PASV"},
		"ALLO": {run: (*Session).allo, needs: login | argument, syntax: "bytes", help: "ask whether there is room"},
		"REST": {run: (*Session).rest, needs: login | argument | dummy, syntax: "offset", help: "start the next transfer there"},
		"RNFR": {run: (*Session).rnfr, needs: login | realUser | argument, syntax: "file", help: "name the file to rename"},
		"RNTO": {run: (*Session).rnto, needs: login | realUser | argument, syntax: "file", help: "give it this name"},
		"ABOR": {run: (*Session).abor, needs: login, help: "end the transfer that runs"},
		"DELE": {run: (*Session).dele, needs: login | realUser | argument, syntax: "file", help: "delete a file"},
		"RMD":  {run: (*Session).rmd, needs: login | realUser | argument, syntax: "directory", help: "remove an empty directory"},
		"XRMD": {run: (*Session).rmd, needs: login | realUser | argument, syntax: "directory", help: "the same as RMD"},
		"MKD":  {run: (*Session).mkd, needs: login | argument, syntax: "directory", help: "make a directory"},
		"XMKD": {run: (*Session).mkd, needs: login | argument, syntax: "directory", help: "the same as MKD"},
		"PWD":  {run: (*Session).pwd, needs: login | dummy, help: "tell the working directory"},
		"XPWD": {run: (*Session).pwd, needs: login | dummy, help: "the same as PWD"},
		"LIST": {run: (*Session).list, needs: login | protected, syntax: "[options] [path]", help: "list files as ls -l does"},
		"NLST": {run: (*Session).nlst, needs: login | protected, syntax: "[directory]", help: "list names"},
		"MLSD": {run: (*Session).mlsd, needs: login | protected, syntax: "[directory]", help: "list facts for programs"},
		"MLST": {run: (*Session).mlst, needs: login | protected, syntax: "[file]", help: "tell the facts of one file"},
		"SIZE": {run: (*Session).size, needs: login | argument, syntax: "file", help: "tell the size in bytes"},
		"MDTM": {run: (*Session).mdtm, needs: login | argument, syntax: "file", help: "tell the time of the last change"},
		"MFMT": {run: (*Session).mfmt, needs: login | realUser | argument, syntax: "YYYYMMDDHHMMSS file",
			help: "set the time of the last change"},

		// Information and the rest (4.1.3; RFC 2389).
		"SITE":  {run: (*Session).site, needs: login, syntax: "command", help: "commands of this server: SITE HELP"},
		"CHMOD": {run: (*Session).siteChmod, needs: login, syntax: "mode file", help: "the same as SITE CHMOD"},
		"SYST":  {run: (*Session).syst, needs: dummy, help: "tell the type of system"},
		"STAT":  {run: (*Session).stat, needs: login, syntax: "[options] [path]", help: "tell the state, or list a path here"},
		"HELP":  {run: (*Session).helpVerb, syntax: "[command]", help: "this"},
		"NOOP":  {run: (*Session).noop, needs: dummy, help: "do nothing"},
		"FEAT":  {run: (*Session).feat, needs: neutral, help: "tell what this server can do beyond RFC 959"},
		"OPTS":  {run: (*Session).opts, needs: neutral, syntax: "command options", help: "set the options of a command"},
	}
}
