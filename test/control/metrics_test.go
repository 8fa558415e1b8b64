package control

import (
	"bufio"
	"crypto/tls"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"

	"pureftpd/test/harness"
)

// exposition is what pure-ftpctl metrics prints, by series.
func (s *site) exposition() map[string]float64 {
	s.t.Helper()
	series := make(map[string]float64)
	for line := range strings.Lines(s.ctl("metrics")) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		at := strings.LastIndexByte(line, ' ')
		value, err := strconv.ParseFloat(strings.TrimSpace(line[at+1:]), 64)
		if err != nil {
			s.t.Fatalf("%q: %v", line, err)
		}
		series[line[:at]] = value
	}
	return series
}

// TestMetricsOfAKnownDay has real sessions do known things and reads exact numbers.
func TestMetricsOfAKnownDay(t *testing.T) {
	t.Parallel()
	s := start(t, harness.Config{
		Options: []string{"-Y", "1", "-2", "$DIR/tls.pem", "-c", "4", "-f", "none"},
		Users: "ann:secret:$UID:$GID::$DIR/home/./::::::::::::\n" +
			"bob:secret:$UID:$GID::$DIR/home/./::::::10:1000:::::\n",
		Setup: endless,
		Files: map[string]string{"home/five": strings.Repeat("x", 5000)},
	})
	ann := s.connect()
	ann.do("USER ann", "331")
	ann.do("PASS wrong", "530")
	ann.do("USER ann", "331")
	ann.do("PASS secret", "230")
	ann.do("TYPE I", "200")
	ann.do("XYZZY", "500")
	ann.do("SIZE nosuch", "550")

	data := ann.passive()
	ann.do("RETR five", "150")
	if got, err := io.ReadAll(data); err != nil || len(got) != 5000 {
		t.Fatalf("%d bytes, %v", len(got), err)
	}
	ann.want("226")
	data = ann.passive()
	ann.do("STOR new", "150")
	if _, err := data.Write(make([]byte, 1234)); err != nil {
		t.Fatal(err)
	}
	data.Close()
	ann.want("226")
	data = ann.passive()
	ann.do("LIST", "150")
	if _, err := io.ReadAll(data); err != nil {
		t.Fatal(err)
	}
	ann.want("226")

	bob := s.connect()
	bob.do("USER bob", "331")
	bob.do("PASS secret", "230")
	bob.do("TYPE I", "200")
	data = bob.passive()
	bob.do("STOR huge", "150")
	_, _ = data.Write(make([]byte, 2000)) // the server may close it meanwhile
	data.Close()
	bob.want("552")
	bob.do("QUIT", "221")

	secure := s.connect()
	secure.do("AUTH TLS", "234")
	over := tls.Client(secure.conn, &tls.Config{InsecureSkipVerify: true})
	if err := over.Handshake(); err != nil {
		t.Fatal(err)
	}
	secure.conn, secure.in = over, bufio.NewReader(over)
	secure.do("USER nobody", "331")
	secure.do("PASS secret", "530")

	data = ann.passive()
	ann.do("RETR endless", "150")
	flow := receive(data)
	const sent = `pureftpd_transfer_bytes_total{direction="download"}`
	last := 5000.0
	for range 5 { // while it runs its bytes are counted, in steps of what the kernel sends at once
		eventually(t, "more bytes of a transfer that runs", func() bool {
			before, got := last, s.exposition()
			if last = got[sent]; last < before || got[`pureftpd_transfers_running{direction="download"}`] != 1 ||
				got[`pureftpd_sessions_open{state="download"}`] != 1 || got[`pureftpd_sessions_open{state="login"}`] != 1 {
				t.Errorf("during a transfer: %v bytes after %v, %v", last, before, got[`pureftpd_sessions_open{state="download"}`])
			}
			return last > before
		})
	}
	if _, err := io.WriteString(ann.conn, "ABOR\r\n"); err != nil {
		t.Fatal(err)
	}
	ann.want("426")
	ann.want("226")
	for len(s.who()) < 4 {
		s.connect()
	}
	refused, err := s.Dial("", "")
	if err != nil {
		t.Fatal(err)
	}
	defer refused.Close()
	if line, err := bufio.NewReader(refused).ReadString('\n'); err != nil || !strings.HasPrefix(line, "421 ") {
		t.Fatalf("one too many reads %q, %v", line, err)
	}

	got := s.exposition()
	for series, want := range map[string]float64{
		`pureftpd_logins_total{source="puredb",outcome="ok"}`:                             2,
		`pureftpd_logins_total{source="puredb",outcome="wrong-password"}`:                 1,
		`pureftpd_logins_total{source="none",outcome="unknown-user"}`:                     1,
		`pureftpd_logins_total{source="puredb",outcome="unknown-user"}`:                   0,
		`pureftpd_login_duration_seconds_count{result="ok"}`:                              2,
		`pureftpd_login_duration_seconds_count{result="failed"}`:                          2,
		`pureftpd_commands_total{verb="USER",code="3xx"}`:                                 4,
		`pureftpd_commands_total{verb="PASS",code="2xx"}`:                                 2,
		`pureftpd_commands_total{verb="PASS",code="5xx"}`:                                 2,
		`pureftpd_commands_total{verb="TYPE",code="2xx"}`:                                 2,
		`pureftpd_commands_total{verb="unknown",code="5xx"}`:                              1,
		`pureftpd_commands_total{verb="SIZE",code="5xx"}`:                                 1,
		`pureftpd_commands_total{verb="EPSV",code="2xx"}`:                                 5,
		`pureftpd_commands_total{verb="RETR",code="2xx"}`:                                 1,
		`pureftpd_commands_total{verb="RETR",code="4xx"}`:                                 1,
		`pureftpd_commands_total{verb="STOR",code="2xx"}`:                                 1,
		`pureftpd_commands_total{verb="STOR",code="5xx"}`:                                 1,
		`pureftpd_commands_total{verb="ABOR",code="2xx"}`:                                 1,
		`pureftpd_commands_total{verb="QUIT",code="2xx"}`:                                 1,
		`pureftpd_commands_total{verb="AUTH",code="2xx"}`:                                 1,
		`pureftpd_transfers_total{direction="download",outcome="completed"}`:              1,
		`pureftpd_transfers_total{direction="download",outcome="aborted"}`:                1,
		`pureftpd_transfers_total{direction="upload",outcome="completed"}`:                1,
		`pureftpd_transfers_total{direction="upload",outcome="quota"}`:                    1,
		`pureftpd_transfers_total{direction="listing",outcome="completed"}`:               1,
		`pureftpd_transfer_duration_seconds_count{direction="download"}`:                  2,
		`pureftpd_transfer_duration_seconds_count{direction="upload"}`:                    2,
		`pureftpd_limits_hit_total{limit="quota"}`:                                        1,
		`pureftpd_limits_hit_total{limit="clients"}`:                                      1,
		`pureftpd_limits_hit_total{limit="clients-per-address"}`:                          0,
		`pureftpd_connections_refused_total{reason="clients"}`:                            1,
		`pureftpd_tls_handshakes_total{connection="control",version="1.3",resumed="no"}`:  1,
		`pureftpd_tls_handshakes_total{connection="control",version="1.3",resumed="yes"}`: 0,
		`pureftpd_tls_handshake_failures_total{connection="control",reason="other"}`:      0,
		`pureftpd_transfers_running{direction="download"}`:                                0,
		`pureftpd_sessions_max`:                                                           4,
		`pureftpd_sessions_total`:                                                         5,
		`pureftpd_session_duration_seconds_count`:                                         1,
		`pureftpd_sessions_open{state="idle"}`:                                            1,
		`pureftpd_sessions_open{state="login"}`:                                           3,
		`pureftpd_build_info{version="dev",goversion="` + buildVersion(got) + `"}`:        1,
		`pureftpd_control_connections`:                                                    1,
		`pureftpd_password_hashes_running`:                                                0,
	} {
		if value, there := got[series]; !there || value != want {
			t.Errorf("%s %v (there: %v); want %v", series, value, there, want)
		}
	}
	if n := got[sent]; n < last || n < 5000+float64(flow.n.Load()) {
		t.Errorf("%v bytes were sent; want at least %v and the %d that came", n, last, flow.n.Load())
	}
	if n := got[`pureftpd_transfer_bytes_total{direction="upload"}`]; n < 1234 || n > 1234+2000 {
		t.Errorf("%v bytes were received", n)
	}
	if n := got["process_open_fds"]; n < 8 || n > 100 {
		t.Errorf("%v descriptors are open", n)
	}
	if n := got["process_resident_memory_bytes"]; n < 1<<20 || n > 1<<30 {
		t.Errorf("the process has %v bytes", n)
	}
	if n := got["process_start_time_seconds"]; time.Since(time.Unix(int64(n), 0)) > time.Hour {
		t.Errorf("the process has begun %v", time.Unix(int64(n), 0))
	}
}

// buildVersion is the version of Go in a label.
func buildVersion(series map[string]float64) string {
	for name := range series {
		if _, rest, found := strings.Cut(name, `goversion="`); found {
			return strings.TrimSuffix(rest, `"}`)
		}
	}
	return ""
}
