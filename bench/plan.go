package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// A plan is everything one run needs to know. It crosses into the namespaces as JSON.
type plan struct {
	Scenarios []string      // names; empty: all
	Sources   []string      // of accounts, with -accounts; empty: all
	Servers   []string      // names; the first in the list of peers is the base of the ratios
	Rounds    int           // measured rounds; one unmeasured round goes before them
	Quick     bool          // a tenth of the load: proves that it works, measures roughly
	Output    string        // file for the report, "" for standard output only
	Mode      mode          // what is measured
	Keep      time.Duration // repeat the one scenario on the one server that long, for a profiler
	CPUs      int           // processors the whole run may use
	Hash      string        // password hash: a key of hashes
	TLS       string        // version of TLS: a key of tlsVersions, "" for none
	Key       string        // key of the certificate
	Large     int64         // bytes of the large file
	Pin       bool          // servers on the upper half of the processors, generator on the lower
	Idle      int           // idle sessions for servers that do not fork
	IdleFork  int           // idle sessions for servers that do

	Ours     string // binary of this project
	Cache    string // packages and binaries, kept between runs
	Disk     string // directory on the file system called "disk": -disk, then one inside it
	Stage    string // empty directory everything private is mounted on
	Group    string // control group of the run, "" when none can be made
	GroupV1  bool   // Group belongs to the cpuacct controller of version 1
	Versions map[string]string
}

// A mode is what a run measures.
type mode string

const (
	modeSpeed mode = ""      // the scenarios, on all servers
	modeRates mode = "rates" // how well limits of bandwidth are kept
	modeUsers mode = "users" // what a million users cost

	modeAccounts mode = "accounts" // logins from databases, directories, programs, PAM
)

const (
	defaultLarge = 1 << 30
	idleTLS      = 5000
	quickLarge   = 256 << 20
)

// parsePlan reads the command line and reports every mistake at once.
func parsePlan(args []string) (*plan, error) {
	p := &plan{CPUs: runtime.NumCPU(), Versions: map[string]string{}}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	scenario := flags.String("scenario", "", "comma-separated scenarios (default all): "+
		strings.Join(scenarioNames(), ","))
	names := flags.String("servers", "", "comma-separated servers (default all): "+
		strings.Join(serverNames(), ","))
	flags.IntVar(&p.Rounds, "rounds", 0, "measured rounds (default 5, with -quick 3)")
	flags.BoolVar(&p.Quick, "quick", false, "a fraction of the load, for a first look")
	flags.StringVar(&p.Output, "o", "", "also write the report to this file")
	flags.DurationVar(&p.Keep, "keep", 0,
		"repeat one scenario on one server for this time, for an outside profiler")
	flags.StringVar(&p.Hash, "hash", "md5", "password hash of all servers: md5 or sha512")
	flags.StringVar(&p.TLS, "tls", "", "speak TLS of this version, 1.2 or 1.3, on all connections")
	flags.StringVar(&p.Key, "key", keyECDSA, "key of the certificate: ecdsa (P-256) or rsa (2048 bits)")
	flags.Int64Var(&p.Large, "large", 0, "bytes of the large file (default 1 GiB)")
	flags.IntVar(&p.Idle, "idle", 0, "idle sessions held (default 15000)")
	flags.BoolVar(&p.Pin, "pin", false, "servers and generator on different processors")
	flags.StringVar(&p.Ours, "ours", "", "binary to measure as ours (default: build ./cmd/pure-ftpd)")
	rates := flags.Bool("rates", false, "measure how well limits of bandwidth are kept, and nothing else")
	users := flags.Bool("users", false, "measure what a million users cost, and nothing else")
	accounts := flags.Bool("accounts", false, "measure logins from other sources of accounts, and nothing else")
	sources := flags.String("sources", "", "with -accounts, comma-separated sources (default all): "+
		strings.Join(sourceNames(), ","))
	flags.StringVar(&p.Disk, "disk", "", "directory on the disk to measure (default: the cache)")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	p.Scenarios, p.Servers, p.Sources = commaList(*scenario), commaList(*names), commaList(*sources)
	var modes []mode
	for _, m := range []struct {
		mode mode
		set  bool
	}{{modeRates, *rates}, {modeUsers, *users}, {modeAccounts, *accounts}} {
		if m.set {
			modes = append(modes, m.mode)
		}
	}
	mistake := p.choose(modes)
	p.fill()
	if err := errors.Join(mistake, p.check(flags.Args())); err != nil {
		return nil, err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, fmt.Errorf("find cache: %w", err)
	}
	p.Cache = filepath.Join(cache, "pureftpd-bench")
	return p, nil
}

// choose sets the mode, and the servers that it is about.
func (p *plan) choose(modes []mode) error {
	const names = "-rates, -users, -accounts"
	switch {
	case len(modes) == 0:
		return nil
	case len(modes) > 1:
		return errors.New(names + ": name one of them")
	case len(p.Scenarios) > 0 || len(p.Servers) > 0 || p.Keep > 0:
		return errors.New(names + ": no -scenario, -servers or -keep with them")
	}
	p.Mode, p.Servers = modes[0], []string{original().name, ours().name}
	switch p.Mode {
	case modeRates:
		p.Servers = []string{ours().name}
	case modeAccounts:
		p.Scenarios = []string{crowdName} // the stage needs no large files
	}
	return nil
}

// fill sets what was left open.
func (p *plan) fill() {
	rounds, large, idle, fork := 5, int64(defaultLarge), 15000, 300
	if p.TLS != "" {
		idle = idleTLS
	}
	if p.Quick {
		rounds, large, idle, fork = 3, quickLarge, 2000, 100
	}
	if p.Mode == modeRates {
		rounds = 1
	}
	if p.Rounds == 0 {
		p.Rounds = rounds
	}
	if p.Large == 0 {
		p.Large = large
	}
	if p.Idle == 0 {
		p.Idle = idle
	}
	p.IdleFork = min(fork, p.Idle)
}

// check reports every mistake at once.
func (p *plan) check(rest []string) error {
	var errs []error
	for _, name := range p.Scenarios {
		if !slices.Contains(scenarioNames(), name) {
			errs = append(errs, fmt.Errorf("unknown scenario %q", name))
		}
	}
	for _, name := range p.Servers {
		if !slices.Contains(serverNames(), name) {
			errs = append(errs, fmt.Errorf("unknown server %q", name))
		}
	}
	for _, name := range p.Sources {
		if !slices.Contains(sourceNames(), name) {
			errs = append(errs, fmt.Errorf("unknown source %q", name))
		}
	}
	if len(p.Sources) > 0 && p.Mode != modeAccounts {
		errs = append(errs, errors.New("-sources: only with -accounts"))
	}
	if _, ok := hashes()[p.Hash]; !ok {
		errs = append(errs, fmt.Errorf("unknown hash %q", p.Hash))
	}
	if _, ok := tlsVersions()[p.TLS]; !ok && p.TLS != "" {
		errs = append(errs, fmt.Errorf("-tls: unknown version %q: want 1.2 or 1.3", p.TLS))
	}
	if p.Key != keyECDSA && p.Key != keyRSA {
		errs = append(errs, fmt.Errorf("-key: unknown kind %q: want ecdsa or rsa", p.Key))
	}
	if p.TLS != "" && p.Mode != modeSpeed {
		errs = append(errs, errors.New("-tls: not with -rates or -users"))
	}
	if p.Rounds < 1 || p.Rounds > 100 {
		errs = append(errs, errors.New("-rounds: want 1 to 100"))
	}
	if p.Large < 1<<20 || p.Large > 4<<30 {
		errs = append(errs, errors.New("-large: want 1 MiB to 4 GiB"))
	}
	if p.Idle < 1 || p.Idle > 15000 {
		errs = append(errs, errors.New("-idle: want 1 to 15000"))
	}
	if p.Pin && p.CPUs < 2 {
		errs = append(errs, errors.New("-pin: wants two processors"))
	}
	if p.Keep < 0 || p.Keep > time.Hour {
		errs = append(errs, errors.New("-keep: want at most an hour"))
	}
	if p.Keep > 0 && (len(p.Scenarios) != 1 || len(p.Servers) != 1) {
		errs = append(errs, errors.New("-keep: name one -scenario and one -servers"))
	}
	if len(rest) > 0 {
		errs = append(errs, fmt.Errorf("unexpected argument %q", rest[0]))
	}
	return errors.Join(errs...)
}

// commaList splits "a,b"; the empty string gives nil.
func commaList(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' })
}
