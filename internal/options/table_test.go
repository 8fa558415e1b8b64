package options

import (
	"strings"
	"testing"

	"pureftpd/internal/getopt"
)

func TestTableIsConsistent(t *testing.T) {
	short, long, names := map[byte]bool{}, map[string]bool{}, map[string]bool{}
	rows := settings()
	b := newBuild(rows, Env{})
	for _, row := range rows {
		switch {
		case short[row.short] && row.short != 0, long[row.long]:
			t.Errorf("%s: a name is taken twice", row.long)
		case row.help == "" || row.section == "" || row.long == "":
			t.Errorf("%s: not described", row.long)
		case (row.arg == getopt.None) != (row.value == "") || (row.value == "") != (row.example == ""):
			t.Errorf("%s: value %q, example %q, arg %d", row.long, row.value, row.example, row.arg)
		case (row.set == nil) != (row.show == nil):
			t.Errorf("%s: set without show", row.long)
		case row.decides != "" && b.row(row.decides) == nil:
			t.Errorf("%s: decides %s, which does not exist", row.long, row.decides)
		}
		short[row.short], long[row.long] = true, true
		for _, key := range row.keywords {
			if names[strings.ToLower(key.name)] || key.example == "" || key.grammar.read == nil {
				t.Errorf("%s: directive %s is taken twice or not described", row.long, key.name)
			}
			names[strings.ToLower(key.name)] = true
		}
	}
}

// Every example is right: as a switch, long and short, and as a directive.
func TestExamples(t *testing.T) {
	for _, s := range Settings() {
		if s.Long == "--try" || s.Long == "--bonjour" {
			continue
		}
		lines := [][]string{{"pure-ftpd", s.Long}}
		if s.Example != "" {
			lines = [][]string{{"pure-ftpd", s.Long + "=" + s.Example}, {"pure-ftpd", s.Long, s.Example}}
		}
		if needs := needed(s.Long); needs != "" {
			for i := range lines {
				lines[i] = append(lines[i], "--"+needs)
			}
		}
		if s.Short != "" && s.Example != "" {
			lines = append(lines, []string{"pure-ftpd", s.Short, s.Example})
		}
		for _, line := range lines {
			if _, err := parse(landed(), line, fakeEnv(nil)); err != nil {
				t.Errorf("%q: %v", line, err)
			}
		}
		for _, d := range s.Directives {
			line := d.Name + " " + d.Example
			if needs := needed(s.Long); needs != "" {
				if !strings.Contains(needs, "=") {
					needs += "=yes"
				}
				line += "\n" + strings.Replace(needs, "=", " ", 1)
			}
			_, err := fileOptions(line)
			if err != nil && !strings.Contains(err.Error(), "is not available") {
				t.Errorf("%q: %v", line, err)
			}
		}
	}
}

// needed is the setting without which another makes no sense.
func needed(long string) string {
	return map[string]string{
		"--implicittlslisten": "tls=1", "--tlsclientlogin": "tlsclientca=/a", "--tlsanyaddress": "tlsbinding=require",
		"--acme": "acmeagree",
	}[long]
}

// Nothing that has not landed is accepted: no switch and no directive, whatever its value.
func TestMissingFeaturesAreRefused(t *testing.T) {
	for _, s := range Settings() {
		if s.Missing == "" {
			continue
		}
		line := []string{"pure-ftpd", s.Long}
		if s.Example != "" {
			line[1] += "=" + s.Example
		}
		if _, err := Parse(line, fakeEnv(nil)); err == nil || !strings.Contains(err.Error(), s.Missing) {
			t.Errorf("%q: %v; want a mistake that names %s", line, err, s.Missing)
		}
		for _, d := range s.Directives {
			env := fakeEnv(map[string]string{"/a.conf": d.Name + " " + d.Example})
			if _, err := Parse(argv("/a.conf"), env); err == nil || !strings.Contains(err.Error(), s.Missing) {
				t.Errorf("%s: %v; want a mistake that names %s", d.Name, err, s.Missing)
			}
		}
	}
}

// The directives of the original, all of them.
func TestDirectivesOfTheOriginal(t *testing.T) {
	const names = `AllowAnonymousFXP AllowDotFiles AllowUserFXP AltLog AnonymousBandwidth
		AnonymousCanCreateDirs AnonymousCantUpload AnonymousOnly AnonymousRatio AntiWarez AutoRename Bind
		BrokenClientsCompatibility CallUploadScript CertFile CertFileAndKey ChrootEveryone CreateHomeDir
		CustomerProof Daemonize DisplayDotFiles DontResolve ExtAuth ExtCert ForcePassiveIP FortunesFile
		IPV4Only IPV6Only KeepAllFiles LDAPConfigFile MySQLConfigFile PGSQLConfigFile LimitRecursion LogPID
		MaxClientsNumber MaxClientsPerIP MaxDiskUsage MaxIdleTime MaxLoad MinUID NATmode NoAnonymous NoChmod
		NoRename NoTruncate PAMAuthentication PassivePortRange PerUserLimits PIDFile ProhibitDotFilesRead
		ProhibitDotFilesWrite PureDB Quota SyslogFacility TLS TLSCipherSuite TrustedGID TrustedIP Umask
		UnixAuthentication UserBandwidth UserRatio VerboseLog Bonjour`
	b := newBuild(settings(), Env{})
	for _, name := range strings.Fields(names) {
		if known := b.keyword(name); known == nil || known.key.name != name {
			t.Errorf("directive %s is not in the table", name)
		}
	}
}
