//go:build clients

package readers

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestReaders has each of them read the same day.
func TestReaders(t *testing.T) {
	d := newDay(t)
	t.Run("fail2ban", d.fail2ban)
	t.Run("logwatch", d.logwatch)
	t.Run("logwatch-xferlog", d.logwatchXferlog)
	t.Run("awstats", d.awstats)
	t.Run("webalizer", d.webalizer)
}

// fail2ban finds each failed login at the address that it came from, with Debian's filter and with ours. With ours also the one
// that was refused for its uid. A ban, and the clients that are turned away for it, are no failures.
func (d *day) fail2ban(t *testing.T) {
	var want []string
	for i := range names() {
		want = append(want, fmt.Sprint("127.0.0.", 10+i))
	}
	for range guesses {
		want = append(want, "127.0.0.40")
	}
	ours, err := filepath.Abs("../../packaging/fail2ban/pure-ftpd-go.conf")
	if err != nil {
		t.Fatal(err)
	}
	// Ours is read beside the file that it includes.
	config := t.TempDir()
	run(t, `cp -r "$R/etc/fail2ban/." "$1"; cp "$2" "$1/filter.d/"; cp ../../packaging/fail2ban/pure-ftpd.conf "$1/jail.d/"`, config, ours)
	for _, test := range []struct {
		filter string
		want   []string
	}{
		{"pure-ftpd", want},
		{"pure-ftpd-go", append(slices.Clone(want), "127.0.0.30")},
	} {
		got := strings.Fields(run(t, `"$R/usr/bin/fail2ban-regex" -c "$2" -o ip "$1" "$2/filter.d/$3.conf"`, d.syslog, config, test.filter))
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: addresses %q; want %q", test.filter, got, test.want)
		}
	}
	if len(want) != failures+guesses {
		t.Errorf("%d failures", len(want))
	}
	// The jail as a whole: its filter is found, and its actions.
	text := run(t, `"$R/usr/bin/fail2ban-client" -c "$1" -d`, config)
	holds(t, text, `\['add', 'pure-ftpd', 'auto'\]`, `'pure-ftpd', 'maxretry', 5`, `Can't login as`)
}

// logwatch counts connections, logins and transfers. It knows every line but a few. (Its list of transfers, which is off unless asked
// for, fails whatever it reads.)
func (d *day) logwatch(t *testing.T) {
	text := run(t, `cd "$R/usr/share/logwatch/scripts"
export show_logins=1 show_logouts=1 show_new_connections=1 show_data_stats=1
perl shared/onlyservice pure-ftpd < "$1" | perl shared/removeheaders "" | perl services/pureftpd`, d.syslog)
	holds(t, text,
		`(?s)New Connections:.*127\.0\.0\.2 - 1 Time.*Successful Logins:`,
		`ann \(127\.0\.0\.2\) - 1 Time`, `bob \(127\.0\.0\.3\) - 1 Time`,
		`(?s)Logouts:.*127\.0\.0\.14 - 1 Time`,
		fmt.Sprintf(`\t%d uploaded files\n\t%.2f uploaded MB`, uploads, float64(uploadedSize)/(1<<20)),
		fmt.Sprintf(`\t%d downloaded files\n\t%.2f downloaded MB`, downloads, float64(sentSize)/(1<<20)),
	)
	_, unmatched, _ := strings.Cut(text, "**Unmatched Entries**\n")
	for line := range strings.Lines(unmatched) {
		known := false
		for _, part := range []string{
			"Anonymous user logged in", "Deleted ", "Can't login as", // as the original writes them
			"login of [", "password hash of [", "Banned ", // ours
		} {
			known = known || strings.Contains(line, part)
		}
		if !known {
			t.Errorf("logwatch does not know %s", line)
		}
	}
}

// logwatchXferlog sums up the transfers in the manner of xferstats.
func (d *day) logwatchXferlog(t *testing.T) {
	text := run(t, `cd "$R/usr/share/logwatch/scripts"
export LOGWATCH_DETAIL_LEVEL=20 detail_transfer=1
perl shared/removeheaders '^... ... .. ..:..:.. \d{4} \d+ ' < "$1" | perl services/ftpd-xferlog`, d.xferlog)
	holds(t, text,
		fmt.Sprintf("TOTAL KB OUT: %dKB", sentSize/1000), fmt.Sprintf("TOTAL KB IN: %dKB", uploadedSize/1000),
		` 127\.0\.0\.2 -> \S*/home/with_space_é \(User: ann\)`, ` 127\.0\.0\.3 -> \S*/home/two \(User: bob\)`,
		` \S*/ftp/pub\.bin -> 127\.0\.0\.4 \(User: ftp\)`,
	)
	if strings.Contains(text, "Unmatched") {
		t.Errorf("some lines are not known:\n%s", text)
	}
}

// awstats reads xferlog, in the format that its manual gives for FTP servers, and the format of web servers.
func (d *day) awstats(t *testing.T) {
	for name, test := range map[string]struct{ format, log, kind string }{
		"xferlog": {"%time3 %other %host %bytesd %url %other %other %method %other %logname %other %code %other %other", d.xferlog, "F"},
		"clf":     {"%host %other %logname %time1 %methodurlnoprot %code %bytesd", d.clf, "W"},
	} {
		dir := t.TempDir()
		config := fmt.Sprintf("LogFile=%q\nLogType=%s\nLogFormat=%q\nSiteDomain=\"ftp.example\"\nHostAliases=\"\"\nDNSLookup=0\nDirData=%q\nLogSeparator=\" \"\n"+
			"DirLang=\"%s/usr/share/awstats/lang\"\nSkipHosts=\"\"\nNotPageList=\"\"\nLevelForBrowsersDetection=0\nLevelForOSDetection=0\nLevelForRefererAnalyze=0\n"+
			"LevelForRobotsDetection=0\nLevelForWormsDetection=0\nLevelForSearchEnginesDetection=0\nValidHTTPCodes=\"200 304\"\n",
			test.log, test.kind, test.format, dir, *readers)
		if err := os.WriteFile(filepath.Join(dir, "awstats.day.conf"), []byte(config), 0o644); err != nil {
			t.Fatal(err)
		}
		text := run(t, `perl "$R/usr/lib/cgi-bin/awstats.pl" -config=day -configdir="$1" -update`, dir)
		holds(t, text,
			fmt.Sprintf(`Parsed lines in file: %d\n`, uploads+downloads), `Found 0 corrupted records`, `Found 0 dropped records`,
			fmt.Sprintf(`Found %d new qualified records`, uploads+downloads),
		)
		files, err := filepath.Glob(filepath.Join(dir, "awstats*.txt"))
		if err != nil || len(files) != 1 {
			t.Fatalf("%s: the results are in %q, %v", name, files, err)
		}
		result, err := os.ReadFile(files[0])
		if err != nil {
			t.Fatal(err)
		}
		holds(t, string(result), fmt.Sprintf(`(?m)^127\.0\.0\.3 1 1 %d `, fileSize), `(?m)^TotalVisits 3 *$`)
	}
}

// webalizer reads three of our formats.
func (d *day) webalizer(t *testing.T) {
	for format, log := range map[string]string{"clf": d.clf, "ftp": d.xferlog, "w3c": d.w3c} {
		dir := t.TempDir()
		text := run(t, `cd "$1"; "$R/usr/bin/webalizer" -F "$2" -o "$1" "$3" 2>&1`, dir, format, log)
		holds(t, text, fmt.Sprintf(`\n%d records|\n%d records \(4 ignored\)`, uploads+downloads, uploads+downloads+4)) // w3c begins with four lines of its own
		if strings.Contains(text, "Skipping bad record") || strings.Contains(text, "bad)") {
			t.Errorf("%s: webalizer skips records:\n%s", format, text)
		}
		pages, err := filepath.Glob(filepath.Join(dir, "usage_*.html"))
		if err != nil || len(pages) != 1 {
			t.Fatalf("%s: the results are in %q, %v", format, pages, err)
		}
		page, err := os.ReadFile(pages[0])
		if err != nil {
			t.Fatal(err)
		}
		holds(t, string(page), fmt.Sprintf(`(?i)Total Hits</font></td>\s*<td[^>]*><font[^>]*><b>%d</b>`, uploads+downloads), `127\.0\.0\.3`,
			fmt.Sprintf(`(?i)Total kB Files</font></td>\s*<td[^>]*><font[^>]*><b>%.0f</b>`, float64(uploadedSize+sentSize)/1024))
	}
}
