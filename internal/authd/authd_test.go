package authd

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pureftpd/internal/account"
	"pureftpd/internal/linemsg"
)

func read(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestQuestionsOfTheOriginal compares questions with those that the original's server asks.
func TestQuestionsOfTheOriginal(t *testing.T) {
	plain := Question{Account: "al ice", Password: "p:w é", LocalIP: "127.0.0.1", RemoteIP: "127.0.0.1"}
	private := Question{Account: "joe", Password: "x", LocalIP: "127.0.0.1", RemoteIP: "127.0.0.1", Encrypted: true}
	for _, test := range []struct {
		file string
		port uint16
		name string
		q    Question
	}{
		{"request-1.0.50.txt", 21330, "", plain},
		{"request-1.0.54.txt", 21331, "", plain},
		{"extauth-request-with-tls-1.0.50.txt", 21340, "", private},
		{"extauth-request-with-tls-1.0.54.txt", 21341, "host-default-with-cert.example.com", private},
	} {
		test.q.LocalPort, test.q.ServerName = test.port, test.name
		if got, err := test.q.Lines(); !bytes.Equal(got, read(t, test.file)) || err != nil {
			t.Errorf("%s: the question is %q, %v", test.file, got, err)
		}
	}
}

func TestQuestionInJSON(t *testing.T) {
	q := Question{
		Account: `al "ice`, Password: "p:\n\x00é", LocalIP: "::1", LocalPort: 21, RemoteIP: "192.0.2.1", ServerName: "a.example", Encrypted: true,
	}
	text, err := q.JSON()
	want := `{"account":"al \"ice","password":"p:\n\u0000é","localhost":"::1","localport":21,"peer":"192.0.2.1",` +
		`"sni_name":"a.example","encrypted":true}`
	if string(text) != want || err != nil {
		t.Errorf("JSON = %s, %v; want %s", text, err, want)
	}
}

func TestWhatCannotBeAsked(t *testing.T) {
	long := strings.Repeat("x", linemsg.MaxSize)
	for _, test := range []struct {
		q           Question
		lines, json error
	}{
		{Question{Account: "a\nend"}, ErrBinary, nil},
		{Question{Password: "a\x00"}, ErrBinary, nil},
		{Question{ServerName: "a\npassword:b"}, ErrBinary, nil},
		{Question{Account: "\xff"}, nil, ErrUTF8},
		{Question{Password: "é"[:1]}, nil, ErrUTF8},
		{Question{Password: long}, ErrLong, nil},
		{Question{Password: long[80:]}, nil, nil},
	} {
		if b, err := test.q.Lines(); !errors.Is(err, test.lines) || (b != nil) != (err == nil) {
			t.Errorf("Lines of %.40v = %.40q, %v; want %v", test.q, b, err, test.lines)
		}
		if b, err := test.q.JSON(); !errors.Is(err, test.json) || (b != nil) != (err == nil) {
			t.Errorf("JSON of %.40v = %.40q, %v; want %v", test.q, b, err, test.json)
		}
	}
}

func ok(limits account.Limits) Answer {
	return Answer{Verdict: Accepted, UID: 2001, GID: 2001, Home: "/tmp/specB/home/joe/./", Limits: limits}
}

func set(n uint64) account.Limit { return account.Limit{Set: true, N: n} }

func full() account.Limits {
	return account.Limits{
		MaxSessions: set(5), MaxFiles: set(10), MaxBytes: set(1048576),
		UploadRate: 10240, DownloadRate: 20480, UploadRatio: 2, DownloadRatio: 3,
	}
}

// TestAnswersOfTheOriginal holds what the original makes of answers, and the two that are otherwise.
func TestAnswersOfTheOriginal(t *testing.T) {
	want := map[string]Answer{
		"ok": ok(account.Limits{}), "order": ok(account.Limits{}), "endxyz": ok(account.Limits{}), "unknown": ok(account.Limits{}),
		"spaces": ok(account.Limits{}), "dup": ok(account.Limits{}), "ratio0": ok(account.Limits{}), "full": ok(full()),
		"crlf":     ok(account.Limits{}), // the original's home ends in CR
		"bw0":      ok(account.Limits{}), // the original's session crashes
		"notfound": {Verdict: Unknown}, "noauthok": {Verdict: Unknown}, "upper": {Verdict: Unknown},
		"bad": {Denied: true}, "auth2": {}, "uid0": {}, "nodir": {}, "reldir": {},
	}
	incomplete := map[string]error{
		"noend": linemsg.ErrNoEnd, "end-nonl": linemsg.ErrNoEnd, "empty": linemsg.ErrNoEnd, "big": linemsg.ErrTooLong,
	}
	files, err := filepath.Glob("testdata/reply-*.txt")
	if err != nil || len(files) != len(want)+len(incomplete) {
		t.Fatalf("%d answers, %v; want %d", len(files), err, len(want)+len(incomplete))
	}
	for _, file := range files {
		name := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(file), "reply-"), ".txt")
		m, err := linemsg.Parse(read(t, filepath.Base(file)))
		if reason, ok := incomplete[name]; ok || err != nil {
			if !ok || !errors.Is(err, reason) {
				t.Errorf("%s: %v; want %v", name, err, reason)
			}
			continue
		}
		wanted, known := want[name]
		if !known {
			t.Errorf("%s is not in the table", name)
		}
		got := ParseLines(m)
		if (got.Reason == "") != (wanted.Verdict == Accepted) {
			t.Errorf("%s: the reason is %q", name, got.Reason)
		}
		got.Reason = ""
		if got != wanted {
			t.Errorf("%s: %+v; want %+v", name, got, wanted)
		}
	}
}

// TestOddValues has answers that say yes, with a value that the original makes something of.
func TestOddValues(t *testing.T) {
	for _, test := range []struct{ line, want string }{
		{"uid:2001x", `uid: "2001x"`}, {"uid:joe", `uid: "joe"`}, {"uid:-1", `uid: "-1"`}, {"uid:4294967295", "uid: 4294967295"},
		{"uid:18446744073709553617", "uid"}, {"uid:", `uid: ""`}, {"uid:0x7d1", "uid"}, {"gid:0", "gid 0 is root's"},
		{"dir:", `dir: ""`}, {"dir: /srv", `dir: " /srv"`},
		{"throttling_bandwidth_ul:fast", "throttling_bandwidth_ul"}, {"throttling_bandwidth_dl:-5", "throttling_bandwidth_dl"},
		{"user_quota_size:1G", "user_quota_size"}, {"user_quota_files:", "user_quota_files"},
		{"user_quota_size:9223372036854775808", "user_quota_size"},
		{"ratio_upload:1:2", "ratio_upload"}, {"ratio_download:x", "ratio_download"}, {"per_user_max:many", "per_user_max"},
		{"slow_tilde_expansion:no", "slow_tilde_expansion"},
		{"auth_ok:yes", "auth_ok"}, {"auth_ok:", "auth_ok"}, {"auth_ok:1 ", "auth_ok"}, {"auth_ok:2", "auth_ok: 2"},
	} {
		m, err := linemsg.Parse([]byte("auth_ok:1\nuid:2001\ngid:2001\ndir:/srv\n" + test.line + "\nend\n"))
		if err != nil {
			t.Fatal(err)
		}
		if a := ParseLines(m); !strings.Contains(a.Reason, test.want) || a != (Answer{Reason: a.Reason}) {
			t.Errorf("%s: %+v; want it refused with %s", test.line, a, test.want)
		}
	}
	m, err := linemsg.Parse([]byte("auth_ok:1\nuid:0\nper_user_max:x\nend\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := `the answer says yes, but uid 0 is root's; it has no gid; per_user_max: "x" is not a number that makes sense here; ` +
		`dir: "" is no absolute pathname`
	if a := ParseLines(m); a.Reason != want {
		t.Errorf("the reason is\n%s\nwant\n%s", a.Reason, want)
	}
}

func TestParseJSON(t *testing.T) {
	const account4 = `"uid":2001,"gid":2001,"dir":"/tmp/specB/home/joe/./"`
	for _, test := range []struct {
		text string
		want Answer
	}{
		{`{"auth":"ok",` + account4 + `}`, ok(account.Limits{})},
		{" {\"auth\" : \"ok\" ,\r\n" + account4 + `, "more": [{}]} `, ok(account.Limits{})},
		{`{"auth":"ok",` + account4 + `,"throttling_bandwidth_ul":10240,"throttling_bandwidth_dl":20480,"user_quota_size":1048576,` +
			`"user_quota_files":10,"ratio_upload":2,"ratio_download":3,"per_user_max":5,"slow_tilde_expansion":1}`, ok(full())},
		{`{"auth":"ok",` + account4 + `,"user_quota_files":null}`, ok(account.Limits{})},
		{`{"auth":"unknown"}`, Answer{Verdict: Unknown}},
		{`{"auth":"refused",` + account4 + `}`, Answer{Denied: true}},
		{`{"auth":"ok"}`, Answer{}},
		{`{"auth":"ok",` + account4 + `,"uid":"2001"}`, Answer{}},
		{`{"auth":"ok",` + account4 + `,"uid":2001.5}`, Answer{}},
		{`{"auth":"ok",` + account4 + `,"uid":2e3}`, Answer{}},
		{`{"auth":"ok",` + account4 + `,"uid":-1}`, Answer{}},
		{`{"auth":"ok",` + account4 + `,"gid":0}`, Answer{}},
		{`{"auth":"ok",` + account4 + `,"gid":[2001]}`, Answer{}},
		{`{"auth":"ok",` + account4 + `,"dir":"srv"}`, Answer{}},
		{`{"auth":"ok",` + account4 + `,"dir":["/srv"]}`, Answer{}},
		{`{"auth":"ok",` + account4 + `,"dir":"/srv\u0000"}`, Answer{}},
		{`{"auth":"ok",` + account4 + `,"user_quota_size":"1G"}`, Answer{}},
		{`{"auth":"ok",` + account4 + `,"per_user_max":true}`, Answer{}},
		{`{"auth":"ok","UID":2001,"gid":2001,"dir":"/srv"}`, Answer{}}, // keys are compared as they are written
	} {
		got, err := ParseJSON([]byte(test.text))
		if (got.Reason == "") != (test.want.Verdict == Accepted) || err != nil {
			t.Errorf("ParseJSON(%s): the reason is %q, %v", test.text, got.Reason, err)
		}
		got.Reason = ""
		if got != test.want {
			t.Errorf("ParseJSON(%s) = %+v; want %+v", test.text, got, test.want)
		}
	}
	a, err := ParseJSON([]byte(`{"auth":"ok",` + account4 + `,"slow_tilde_expansion":0}`))
	if !a.TildeUsers || err != nil {
		t.Errorf("slow_tilde_expansion 0: %+v, %v", a, err)
	}
	for _, text := range []string{
		"", "null", "[]", "1", `"ok"`, "{}", `{"auth":null}`, `{"auth":1}`, `{"auth":true}`, `{"auth":"OK"}`, `{"Auth":"ok",` + account4 + `}`,
		`{"auth":"ok"`, `{"auth":"ok"} {}`, "<html>", "{'auth':'ok'}",
	} {
		if a, err := ParseJSON([]byte(text)); !errors.Is(err, ErrNoAnswer) || a != (Answer{}) {
			t.Errorf("ParseJSON(%s) = %+v, %v; want ErrNoAnswer", text, a, err)
		}
	}
}

// check checks what holds for each answer.
func check(t *testing.T, text []byte, a Answer) {
	t.Helper()
	accepted := a.Verdict == Accepted
	if accepted != (a.Reason == "") || accepted != (a.UID > 0) || accepted != (a.GID > 0) || accepted != strings.HasPrefix(a.Home, "/") {
		t.Errorf("%q: %+v", text, a)
	}
	if a.UID == 1<<32-1 || a.GID == 1<<32-1 || strings.ContainsAny(a.Home, "\n\x00") && !json.Valid(text) {
		t.Errorf("%q: %+v", text, a)
	}
	if !accepted && a != (Answer{Verdict: a.Verdict, Reason: a.Reason, Denied: a.Denied}) {
		t.Errorf("%q: a refusal gives away %+v", text, a)
	}
	if (a.Limits.UploadRatio > 0) != (a.Limits.DownloadRatio > 0) {
		t.Errorf("%q: half a ratio: %+v", text, a)
	}
	if len(a.Reason) > 8000 || strings.ContainsAny(a.Reason, "\n\r\x00") {
		t.Errorf("%q: the reason is no line for a log: %q", text, a.Reason)
	}
}

func FuzzLines(f *testing.F) {
	files, err := filepath.Glob("testdata/reply-*.txt")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		f.Add(read(f, filepath.Base(file)))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if m, err := linemsg.Parse(text); err == nil {
			a := ParseLines(m)
			check(t, text, a)
			if a.Verdict == Accepted && !bytes.Contains(text, []byte("auth_ok:")) {
				t.Errorf("%q: no line says so", text)
			}
		}
	})
}

func FuzzJSON(f *testing.F) {
	for _, text := range []string{
		`{"auth":"ok","uid":2001,"gid":2001,"dir":"/srv/./","ratio_upload":1,"ratio_download":2,"per_user_max":0}`,
		`{"auth":"unknown"}`, `{"auth":"refused"}`, `{"auth":"ok","uid":null,"gid":1e3,"dir":"\u0000"}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		a, err := ParseJSON(text)
		if err != nil {
			if a != (Answer{}) {
				t.Errorf("%q: %+v with %v", text, a, err)
			}
			return
		}
		check(t, text, a)
		if strings.Contains(a.Home, "\x00") {
			t.Errorf("%q: %+v", text, a)
		}
	})
}

// FuzzQuestion reads a question back, in both forms.
func FuzzQuestion(f *testing.F) {
	f.Add("joe", "secret", "a.example", uint16(21), true)
	f.Add("joe\nauth_ok:1", "\xff", "", uint16(0), false)
	f.Fuzz(func(t *testing.T, user, password, name string, port uint16, encrypted bool) {
		q := Question{Account: user, Password: password, LocalIP: "::1", LocalPort: port, RemoteIP: "::2", ServerName: name, Encrypted: encrypted}
		if lines, err := q.Lines(); err == nil {
			m, err := linemsg.Read(bytes.NewReader(lines))
			if err != nil {
				t.Fatalf("%q: %v", lines, err)
			}
			for key, want := range map[string]string{AccountKey: user, PasswordKey: password, ServerNameKey: name, LocalIPKey: "::1", RemoteIPKey: "::2"} {
				if got, _ := m.Value(key); got != want {
					t.Errorf("%s is read as %q; want %q", key, got, want)
				}
			}
		}
		if text, err := q.JSON(); err == nil {
			var got Question
			if err := json.Unmarshal(text, &got); err != nil || got != q {
				t.Errorf("%s is read as %+v, %v; want %+v", text, got, err, q)
			}
		}
	})
}
