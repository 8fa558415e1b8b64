package start

import (
	"io"
	"net"
	"strings"
	"testing"

	"pureftpd/internal/ftp"
)

func TestTrustedIP(t *testing.T) {
	t.Parallel()
	dir, number := folder(t), port(t)
	args := quiet("-V", "127.0.0.2", "-l", "puredb:"+accounts(t, dir), "-S", "localhost,"+number, "-g", dir+"/pid")
	launch(t, dir, command{args: args}).serves(t, "127.0.0.1:"+number)
	c := dial(t, "127.0.0.1:"+number)
	if text := c.Reply(220); !strings.Contains(text, "Anonymous users only") {
		t.Errorf("greeting at another address: %q", text)
	}
	c.Say("USER ann")
	if code, text, _ := c.Answer(); code == 331 {
		t.Errorf("USER ann at another address: %d %s; want no password asked for", code, text)
	}
}

func TestTrustedIPItself(t *testing.T) {
	t.Parallel()
	s := serve(t, "-V", "127.0.0.1")
	works(t, user(t, s.address, "ann"))
}

// TestForcedAddress reads the address in 227, which is another than the server's.
func TestForcedAddress(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{"192.0.2.7": "(192,0,2,7,", "localhost": "(127,0,0,1,"} {
		t.Run(host, func(t *testing.T) {
			t.Parallel()
			c := user(t, serve(t, "-P", host).address, "ann")
			if text := c.Ask(227, "PASV"); !strings.Contains(text, want) {
				t.Errorf("227 %s; want %s in it", text, want)
			}
			works(t, c) // EPSV names no address
		})
	}
	t.Run("::1", func(t *testing.T) {
		t.Parallel()
		launch(t, folder(t), command{args: []string{"-P", "::1"}}).endsWith(t, 252, "::1", "IPv4")
	})
}

func TestNATMode(t *testing.T) {
	t.Parallel()
	c := user(t, serve(t, "-N").address, "ann")
	c.Ask(500, "PASV")
	c.Ask(500, "EPSV")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	here := l.Addr().(*net.TCPAddr).AddrPort()
	c.Ask(200, string(ftp.AppendPort([]byte("PORT "), here.Addr().Unmap(), here.Port())))
	c.Say("RETR hello.txt")
	data, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer data.Close()
	c.Reply(150)
	if text, err := io.ReadAll(data); string(text) != "hello\n" || err != nil {
		t.Errorf("fetched %q, %v", text, err)
	}
	c.Reply(226)
}

// TestPassiveRange lets many sessions share the one port there is.
func TestPassiveRange(t *testing.T) {
	t.Parallel()
	only := port(t)
	s := serve(t, "-p", only+":"+only)
	c := user(t, s.address, "ann")
	for range 3 {
		data := c.Data()
		if _, number, _ := net.SplitHostPort(data.RemoteAddr().String()); number != only {
			t.Fatalf("passive port %s; want %s", number, only)
		}
		c.Ask(150, "RETR hello.txt")
		if _, err := io.Copy(io.Discard, data); err != nil {
			t.Fatal(err)
		}
		c.Reply(226)
	}
}
