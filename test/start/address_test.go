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
	if text := c.reply(220); !strings.Contains(text, "Anonymous users only") {
		t.Errorf("greeting at another address: %q", text)
	}
	if err := c.text.PrintfLine("USER ann"); err != nil {
		t.Fatal(err)
	}
	if code, text, _ := c.text.ReadResponse(0); code == 331 {
		t.Errorf("USER ann at another address: %d %s; want no password asked for", code, text)
	}
}

func TestTrustedIPItself(t *testing.T) {
	t.Parallel()
	s := serve(t, "-V", "127.0.0.1")
	user(t, s.address, "ann").works()
}

// TestForcedAddress reads the address in 227, which is another than the server's.
func TestForcedAddress(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{"192.0.2.7": "(192,0,2,7,", "localhost": "(127,0,0,1,"} {
		t.Run(host, func(t *testing.T) {
			t.Parallel()
			c := user(t, serve(t, "-P", host).address, "ann")
			if text := c.ask(227, "PASV"); !strings.Contains(text, want) {
				t.Errorf("227 %s; want %s in it", text, want)
			}
			c.works() // EPSV names no address
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
	c.ask(500, "PASV")
	c.ask(500, "EPSV")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	here := l.Addr().(*net.TCPAddr).AddrPort()
	c.ask(200, string(ftp.AppendPort([]byte("PORT "), here.Addr().Unmap(), here.Port())))
	if err := c.text.PrintfLine("RETR hello.txt"); err != nil {
		t.Fatal(err)
	}
	data, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer data.Close()
	c.reply(150)
	if text, err := io.ReadAll(data); string(text) != "hello\r\n" || err != nil {
		t.Errorf("fetched %q, %v", text, err)
	}
	c.reply(226)
}

// TestPassiveRange lets many sessions share the one port there is.
func TestPassiveRange(t *testing.T) {
	t.Parallel()
	only := port(t)
	s := serve(t, "-p", only+":"+only)
	c := user(t, s.address, "ann")
	for range 3 {
		data := c.data()
		if _, number, _ := net.SplitHostPort(data.RemoteAddr().String()); number != only {
			t.Fatalf("passive port %s; want %s", number, only)
		}
		c.ask(150, "RETR hello.txt")
		if _, err := io.Copy(io.Discard, data); err != nil {
			t.Fatal(err)
		}
		c.reply(226)
	}
}
