package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// A source is where a server finds accounts, and one group of rows of the table.
type source struct {
	name, title string
	flavour     string // Debian package of the original that has it; "" if none does
	alone       string // why ours stands alone in it, "" if it does not
	// open starts what servers ask, if anything, and returns the argument of -l.
	open func(st *stage) (login string, asked *backing, err error)
	// beside starts what one server asks for itself, instead of open.
	beside func(st *stage, server, flavour string) (login string, asked *backing, err error)
}

// sources lists the rows, in the order they are measured.
func sources() []source {
	return []source{
		{name: "puredb", title: "puredb, for comparison", flavour: original().pkg, open: openPureDB},
		{name: "mysql", title: "MySQL (MariaDB)", flavour: "pure-ftpd-mysql", open: openMariaDB},
		{name: "ldap", title: "LDAP, `BIND`", flavour: "pure-ftpd-ldap", open: func(st *stage) (string, *backing, error) {
			return openLDAP(st, "LDAPAuthMethod BIND\n")
		}},
		{name: "ldap-password", title: "LDAP, `PASSWORD`", flavour: "pure-ftpd-ldap", open: func(st *stage) (string, *backing, error) {
			return openLDAP(st, "LDAPAuthMethod PASSWORD\nLDAPBindDN "+directoryAdmin+"\nLDAPBindPW "+backingPassword+"\n")
		}},
		{name: "extauth", title: "extauth, a shell script", flavour: original().pkg, beside: besideAuthd},
		{name: "pgsql", title: "PostgreSQL", alone: "Debian's pure-ftpd-postgresql ends at every login", open: openPostgres},
		{name: "sqlite", title: "SQLite", alone: "the original has no SQLite", open: openSQLite},
		{name: "pam", title: "PAM (pam_unix)", flavour: original().pkg, open: openPAM},
	}
}

func sourceNames() []string {
	var names []string
	for _, s := range sources() {
		names = append(names, s.name)
	}
	return names
}

// chosenSources are those of the plan.
func chosenSources(p *plan) []source {
	return slices.DeleteFunc(sources(), func(s source) bool {
		return len(p.Sources) > 0 && !slices.Contains(p.Sources, s.name)
	})
}

// provideSources fetches the original's flavours and the directory, and builds the helper for PAM.
func provideSources(p *plan) error {
	for _, s := range chosenSources(p) {
		if s.flavour != "" && s.flavour != original().pkg {
			version, err := unpacked(p.Cache, s.flavour, "usr/sbin/"+s.flavour)
			if err != nil {
				return fmt.Errorf("provide %s: %w", s.name, err)
			}
			p.Versions[s.flavour] = version
		}
		switch s.name {
		case "ldap", "ldap-password":
			version, err := unpacked(p.Cache, "slapd", "usr/sbin/slapd")
			if err != nil {
				return fmt.Errorf("provide %s: %w", s.name, err)
			}
			p.Versions["slapd"] = version
		case "pam":
			if err := buildHelper(p); err != nil {
				return err
			}
		}
	}
	return nil
}

// buildHelper builds what our server asks PAM by. A server given by -ours has its own beside it.
func buildHelper(p *plan) error {
	beside := filepath.Dir(p.Ours)
	if beside != filepath.Join(p.Cache, "ours") {
		return nil
	}
	cmd := exec.Command("go", "build", "-trimpath", "-tags", "pam", "-o", beside, "pureftpd/cmd/pure-pamd")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=1")
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build pure-pamd: %w\n%s", err, text)
	}
	return nil
}

// A sourceResult is what a source has come to.
type sourceResult struct {
	source
	samples map[string][]sample
	others  float64 // share of the machine's processors that others took
	err     error
}

// measureAccounts measures logins from all sources and writes the report. A source that cannot be measured is told of in it,
// and is an error in the end.
func measureAccounts(st *stage, calibration float64, out io.Writer) error {
	var all []sourceResult
	var failed error
	for _, s := range chosenSources(st.plan) {
		result := s.measure(st)
		if result.err != nil {
			result.err = fmt.Errorf("%s: %w", s.name, result.err)
			fmt.Fprintln(os.Stderr, "bench:", result.err)
			failed = errors.Join(failed, result.err)
		}
		all = append(all, result)
		fmt.Fprintf(os.Stderr, "bench: %s done\n", s.name)
	}
	var b strings.Builder
	b.WriteString("# Logins from other sources of accounts\n\n")
	b.WriteString(machineFacts(st, calibration))
	for _, pkg := range []string{"pure-ftpd-mysql", "pure-ftpd-ldap", "slapd"} {
		if version, ok := st.Versions[pkg]; ok {
			fmt.Fprintf(&b, "- %s: %s\n", pkg, version)
		}
	}
	fmt.Fprintf(&b, "- load: %d rounds of %d logins, %d at once, after one that does not count; medians (lowest–highest)\n\n",
		st.Rounds, st.accountLogins(false), parallelSessions)
	b.WriteString(accountTable(all))
	_, err := io.WriteString(out, b.String())
	return errors.Join(failed, err)
}

// loginsPerSource is how many sessions a round has.
const loginsPerSource = 640

// accountLogins is how many sessions a round has, a multiple of those at once.
func (p *plan) accountLogins(less bool) int {
	return p.scale(loginsPerSource, less) / parallelSessions * parallelSessions
}

// accountMetrics are the rows of each source. The first is turned round: more is better.
func accountMetrics() []metric {
	return []metric{
		{name: "logins per server CPU second", format: "%.0f", value: func(s sample) float64 {
			return float64(s.ops) / s.cpu.Seconds()
		}},
		perOp("wall µs", func(s sample) time.Duration { return s.wall }),
		perOp("CPU µs of what is asked", func(s sample) time.Duration { return s.asked }),
	}
}

// accountTable shows all results; the base of the ratios is the original.
func accountTable(all []sourceResult) string {
	base, own := original().name, ours().name
	rows := [][]string{{"accounts from", "", base, own, "others' CPU"}}
	var notes strings.Builder
	for _, r := range all {
		if r.err != nil {
			rows = append(rows, []string{r.title, "not measured", "–", "–", "–"})
			fmt.Fprintf(&notes, "- %s was not measured: %s\n", r.title, strings.ReplaceAll(r.err.Error(), "\n", " "))
			continue
		}
		title, others := r.title, fmt.Sprintf("%.0f%%", 100*r.others)
		for _, m := range accountMetrics() {
			theirs, mine := pick(r.samples[base], m.value), pick(r.samples[own], m.value)
			if slices.Max(mine) == 0 {
				continue // nothing is asked
			}
			row := []string{title, m.name, "–", span3(m.format, mine), others}
			if len(theirs) > 0 {
				row[2] = span3(m.format, theirs)
				row[3] += fmt.Sprintf(" **×%.2f**", pairedRatio(mine, theirs).median)
			}
			rows, title, others = append(rows, row), "", ""
		}
		if r.alone != "" {
			fmt.Fprintf(&notes, "- %s: ours alone; %s.\n", r.title, r.alone)
		}
	}
	if notes.Len() > 0 {
		return markdown(rows) + "\n" + notes.String()
	}
	return markdown(rows)
}

// measure starts what the source needs and both servers, measures, and stops them all.
func (s source) measure(st *stage) (result sourceResult) {
	result.source = s
	var peers []*running
	var opened []*backing
	defer func() {
		for _, r := range peers {
			result.err = errors.Join(result.err, r.stop())
		}
		for _, b := range opened {
			result.err = errors.Join(result.err, b.stop())
		}
	}()
	login, shared := "", (*backing)(nil)
	if s.open != nil {
		if login, shared, result.err = s.open(st); result.err != nil {
			return result
		}
		if shared != nil {
			opened = append(opened, shared)
		}
	}
	asked := map[string]*backing{}
	for i, server := range s.servers(st) {
		asked[server.name] = shared
		if s.beside != nil {
			login, asked[server.name], result.err = s.beside(st, server.name, server.pkg)
			if result.err != nil {
				return result
			}
			opened = append(opened, asked[server.name])
		}
		binary, login := server.program, login
		server.command = func(st *stage, port int) (program, error) {
			return pureftpdProgram(st, binary, server.name, port, s.flavour, login), nil
		}
		r, err := start(st, server, firstPort+i)
		if err != nil {
			result.err = err
			return result
		}
		peers = append(peers, r)
		if result.err = refusesOthers(r); result.err != nil {
			return result
		}
	}
	watched := slices.Clone(peers)
	for _, b := range opened {
		watched = append(watched, &running{meter: b.meter})
	}
	watch, err := beginSpan(watched)
	if err != nil {
		result.err = err
		return result
	}
	result.samples, result.err = interleave(accountLogin(asked), peers, st.Rounds)
	if result.err == nil {
		result.others, result.err = watch.others(watched, st.CPUs)
	}
	return result
}

// servers are those that have the source, program being the path of the binary.
func (s source) servers(st *stage) []server {
	own := server{name: ours().name, program: st.Ours}
	if s.flavour == "" {
		return []server{own}
	}
	return []server{{name: original().name, pkg: s.flavour, forks: true,
		program: filepath.Join(st.Cache, s.flavour, "usr/sbin", s.flavour)}, own}
}

// refusesOthers makes sure that the source is asked: a wrong password is refused, the right one is not.
func refusesOthers(r *running) error {
	c, err := login(r, clientAddress(0))
	if err == nil {
		err = c.quit()
	}
	if err != nil {
		return fmt.Errorf("%s: login: %w", r.name, err)
	}
	if c, err = dial(r.port, clientAddress(0)); err != nil {
		return err
	}
	if err = c.say("USER", userName, 331); err == nil {
		err = c.say("PASS", "not-"+password, 530)
	}
	if err = errors.Join(err, c.close()); err != nil {
		return fmt.Errorf("%s: login with a wrong password: %w", r.name, err)
	}
	return nil
}

// accountLogin is the load of all sources; asked is what each server asks.
func accountLogin(asked map[string]*backing) scenario {
	crowd := loginScenario(crowdName, "", parallelSessions, loginsPerSource)
	return scenario{name: "accounts", load: func(r *running, less bool) (sample, error) {
		b := asked[r.name]
		if b == nil {
			return crowd.load(r, less)
		}
		before, errBefore := b.meter.usage()
		s, err := crowd.load(r, less)
		after, errAfter := b.meter.usage()
		s.asked = after - before
		return s, errors.Join(errBefore, err, errAfter)
	}}
}
