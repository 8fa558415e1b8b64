package session

import (
	"context"
	"maps"
	"slices"
	"strings"

	"pureftpd/internal/ftp"
)

const mlstFacts = "type;size;sizd;modify;UNIX.mode;UNIX.uid;UNIX.gid;unique;"

// feat lists what goes beyond RFC 959, in the original's order (RFC 2389, 3).
func (s *Session) feat(context.Context, string) (ftp.Reply, error) {
	features := []string{
		"UTF8", "EPRT", "IDLE", "MDTM", "SIZE", "MFMT", "REST STREAM",
		"MLST " + strings.ReplaceAll(mlstFacts, ";", "*;"), "MLSD", "PRET",
		"AUTH TLS", "PBSZ", "PROT",
	}
	if !s.cfg.VirtualChroot {
		features = append(features, "TVFS")
	}
	features = append(features, "ESTA")
	if !s.cfg.NATMode {
		features = append(features, "PASV", "EPSV")
		if s.cfg.ForcePassive == nil {
			features = append(features, "ESTP")
		}
	}
	return ftp.Reply{Code: ftp.CodeSystemStatus, Before: []string{"Features:"},
		Body: " " + strings.Join(features, "\r\n ") + "\r\n", Text: "End."}, nil
}

// opts sets the options of a command (RFC 2389, 4). There is nothing to set: names are bytes, which for all clients of
// today are UTF-8, and MLSx always gives every fact.
func (s *Session) opts(_ context.Context, arg string) (ftp.Reply, error) {
	upper := strings.ToUpper(arg)
	switch {
	case strings.HasPrefix(upper, "MLST "):
		return ftp.Say(ftp.CodeOK, " MLST OPTS "+mlstFacts), nil
	case upper == "UTF8" || upper == "UTF8 ON":
		return ftp.Say(ftp.CodeOK, "UTF8 is always on"), nil
	}
	return ftp.Reply{}, refuse(ftp.CodeBadParameter, nil, "There are no such options to set")
}

// helpVerb lists the verbs, or tells what one of them does (RFC 959, 4.1.3).
func (s *Session) helpVerb(ctx context.Context, arg string) (ftp.Reply, error) {
	name, rest, _ := strings.Cut(strings.ToUpper(arg), " ")
	switch v, ok := s.verbs[name]; {
	case name == "SITE" && rest == "" || name == "":
		if name == "SITE" {
			return s.siteHelp(ctx, "")
		}
	case ok:
		return ftp.Say(ftp.CodeHelp, strings.TrimRight("Syntax: "+name+" "+v.syntax, " ")+": "+v.help), nil
	default:
		return ftp.Reply{}, refuse(ftp.CodeNotImplemented, nil, "Unknown command "+name)
	}
	var body strings.Builder
	for i, name := range slices.Sorted(maps.Keys(s.verbs)) {
		body.WriteString(" " + name + strings.Repeat(" ", 5-len(name)))
		if i%10 == 9 || i == len(s.verbs)-1 {
			body.WriteString("\r\n")
		}
	}
	return ftp.Reply{Code: ftp.CodeHelp, Before: []string{"These are the commands:"},
		Body: body.String(), Text: "HELP with the name of a command tells more"}, nil
}
