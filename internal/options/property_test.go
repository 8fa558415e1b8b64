package options

import (
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"pureftpd/internal/getopt"
)

// same compares two Options but for where their values come from.
func same(a, b *Options) bool {
	x, y := *a, *b
	x.origins, y.origins = nil, nil
	x.Warnings, y.Warnings = nil, nil
	return reflect.DeepEqual(x, y)
}

// sameMeaning is same but for the order and spelling of switches.
func sameMeaning(a, b *Options) bool {
	x, y := *a, *b
	x.switches, y.switches = nil, nil
	return same(&x, &y)
}

// Any directives that are right mean the same as the switches they stand for, typed by hand.
func TestFileEqualsSwitches(t *testing.T) {
	rows := landed()
	all := directivesOf(rows)
	separators := rapid.SampledFrom([]string{" ", "\t", "=", " = ", ": ", "   "})
	rapid.Check(t, func(t *rapid.T) {
		var file strings.Builder
		var switches []string
		for range rapid.IntRange(0, 12).Draw(t, "lines") {
			one := rapid.SampledFrom(all).Draw(t, "directive")
			written, value := drawValue(t, one)
			name := one.key.name
			if rapid.Bool().Draw(t, "lower") {
				name = strings.ToLower(name)
			}
			file.WriteString(name + separators.Draw(t, "separator") + written + "\n")
			switch {
			case one.row.arg == getopt.Required && (one.row.short == 0 || rapid.Bool().Draw(t, "long")):
				switches = append(switches, "--"+one.row.long+"="+value)
			case one.row.arg == getopt.Required:
				switches = append(switches, "-"+string(one.row.short), value)
			case written == "yes":
				switches = append(switches, "--"+one.row.long)
			}
		}
		fromFile, err := fileOptions(file.String())
		if err != nil {
			t.Fatalf("file:\n%s\n%v", file.String(), err)
		}
		fromSwitches, err := parse(landed(), append([]string{"pure-ftpd"}, switches...), fakeEnv(nil))
		if err != nil {
			t.Fatalf("switches %q: %v", switches, err)
		}
		checkFile(t, fromFile)
		checkFile(t, fromSwitches)
		if !same(fromFile, fromSwitches) {
			t.Errorf("file:\n%s\n%+v\nswitches %q:\n%+v", file.String(), fromFile, switches, fromSwitches)
		}
	})
}

// checkFile writes options down as a configuration file, usual and in TOML, which must mean the same.
func checkFile(t interface{ Errorf(string, ...any) }, o *Options) {
	text, err := o.ConfigFile()
	if err != nil {
		t.Errorf("%q: %v", o.Switches(), err)
		return
	}
	again, err := fileOptions(text)
	if err != nil || !sameMeaning(o, again) || !strings.EqualFold(o.CommandLine(), again.CommandLine()) { // -l PureDB:/a is -l puredb:/a
		t.Errorf("%q: %+v\nas\n%s%+v, %v", o.Switches(), o, text, again, err)
	}
	checkTOML(t, o)
}

// directivesOf lists the directives that are accepted.
func directivesOf(rows []setting) []found {
	missing := map[string]bool{}
	for _, method := range authMethods() {
		missing[method.name] = method.missing != ""
	}
	var all []found
	for i := range rows {
		for j := range rows[i].keywords {
			key := &rows[i].keywords[j]
			if rows[i].set != nil && needed("--"+rows[i].long) == "" && !missing[strings.TrimSuffix(key.prefix, ":")] {
				all = append(all, found{row: &rows[i], key: key})
			}
		}
	}
	return all
}

// drawValue makes up a right value: as it is written in the file, and as the switch wants it.
func drawValue(t *rapid.T, one found) (written, value string) {
	number := rapid.StringMatching(`[1-9][0-9]{0,3}`)
	joint := func(marks ...string) string { return rapid.SampledFrom(marks).Draw(t, "mark") }
	switch one.key.grammar.form {
	case boolean().form:
		if one.key.prefix != "" {
			return "yes", one.key.prefix
		}
		return joint("yes", "no"), ""
	case numbers().form:
		first, second := number.Draw(t, "first"), number.Draw(t, "second")
		switch one.row.long {
		case "umask":
			first, second = rapid.StringMatching(`[0-7]{3}`).Draw(t, "files"), "022"
		case "passiveportrange":
			first, second = "2"+first[:1]+"000", "3"+second[:1]+"000"
		}
		return first + joint(":", " ", "_", "-", " : ") + second, first + ":" + second
	case rates().form:
		value = number.Draw(t, "rate")
		return value, value
	case digits().form:
		value = number.Draw(t, "number")
		switch one.row.long {
		case "tls":
			value = joint("0", "1", "2", "3")
		case "authfailures", "banafter":
			value = rapid.StringMatching(`[1-9][0-9]?`).Draw(t, "failures")
		}
		return value, value
	case rest().form:
		switch one.row.long {
		case "altlog", "followlinksto", "dotfileexception", "acmechallenge":
			return one.key.example, one.key.example
		}
		value = rapid.StringMatching(`/[a-z#"][a-z #"./]{0,8}[a-z]`).Draw(t, "path")
		if tidy(value, true) != value {
			value = "/plain"
		}
		return value, one.key.prefix + value
	}
	written, value = one.key.example, one.key.example
	if one.key.name == "CertFileAndKey" {
		value = strings.ReplaceAll(strings.ReplaceAll(value, `" "`, ","), `"`, "")
	}
	return written, value
}

// FuzzConfig checks that a file is either refused with mistakes that name their place, or means
// the same as the switches it says it stands for.
func FuzzConfig(f *testing.F) {
	for _, seed := range []string{
		"ChrootEveryone yes\nUmask 133:022\n", "Bind ::1,21 # x\nInclude /a.conf", "PureDB \"/a b\"\r\n#",
		"MaxDiskUsage 95%\nMaxIdleTime 0\nSyslogFacility none", "CertFileAndKey \"a b\" c", "TLS 1\nVerboseLog on",
		"TotalBandwidth 5 6\nUserBandwidth 0\nFollowLinksTo /a b # x", "Include a.conf",
		"PureDB \"=a b\"\nAltLog clf:/a\nFortunesFile \":/b\"\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		o, err := fileOptions(text)
		if err != nil {
			for _, mistake := range mistakesOf(t, err) {
				if mistake.Text == "" || mistake.File == "" && !strings.HasPrefix(mistake.Text, "more ") {
					t.Errorf("mistake without place: %#v", mistake)
				}
			}
			return
		}
		again, err := parse(landed(), append([]string{"pure-ftpd"}, o.Switches()...), fakeEnv(nil))
		if err != nil || !same(o, again) {
			t.Errorf("%q: %+v\nas %q: %+v, %v", text, o, o.Switches(), again, err)
		}
		checkFile(t, o)
	})
}

// FuzzSwitches checks that a command line is either refused with mistakes, or means the same when
// it is written down again.
func FuzzSwitches(f *testing.F) {
	for _, seed := range []string{
		"-HBA\n-lunix\n-L\n-1:-1", "--check", "--try\n/srv", "-k\n95%\n-I\n-1\n-fnone", "-S\n[::1],21", "-X\n-a\n-1",
		"-Y2\n-J\n-C:-S:HIGH\n-2\na,b", "-t5:\n-Q1:2\n-n5:5\n-O\nstats:/x", "--virtualchroot\n-V\n::1\n-P\na",
		"-luniX\n-k5%x", "-l\nPureDB:/a\n-l\nUNIX\n-O\nCLF:/a", "-T0\n--total\n5:0\n--followlinksto\n/srv\n--des",
		"-Y3\n--impl\n[::1],990\n--cleart\n10.0.0.0/8\n--tlsb\nwarn\n--tlsclientl\n--tlsclientca\n/ca\n--certd\n/d\n--tlss",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, input string) {
		args := append([]string{"pure-ftpd", "-H"}, strings.Split(input, "\n")...)
		o, err := parse(landed(), args, fakeEnv(nil))
		if err != nil {
			mistakesOf(t, err)
			return
		}
		if o.Action != Serve || o.Check || o.Try || o.Show != "" {
			return
		}
		again, err := parse(landed(), append([]string{"pure-ftpd"}, o.Switches()...), fakeEnv(nil))
		if err != nil || !same(o, again) {
			t.Errorf("%q: %+v\nas %q: %+v, %v", args, o, o.Switches(), again, err)
		}
		if _, err := o.ConfigFile(); err == nil { // some values can only be typed
			checkFile(t, o)
		}
		if _, err := o.TOMLFile(); err == nil {
			checkTOML(t, o)
		}
		if report := o.Report(); strings.ContainsAny(report, "\x1b\r\x00") {
			t.Errorf("report with control characters: %q", report)
		}
	})
}
