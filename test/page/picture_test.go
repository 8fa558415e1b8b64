//go:build clients

package page

import (
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"pureftpd/internal/control"
	"pureftpd/internal/statuspage"
)

var pictures = flag.Bool("pictures", false, "make the pictures of docs/images anew; takes a minute and a half")

// maxPicture is what a picture in the documentation may weigh, in bytes.
const maxPicture = 150 << 10

// day is a crowd as on a usual day, for the pictures.
func day() *crowd {
	c := &crowd{begun: time.Now().Add(-(9*24*time.Hour + 5*time.Hour))}
	ago := func(seconds int) time.Time { return time.Now().Add(-time.Duration(seconds) * time.Second) }
	for i, g := range []struct {
		account, address string
		state            control.State
		connected        int // seconds
		file             string
		took             int // seconds
		size             int64
		speed            float64
	}{
		{"marta", "198.51.100.23", control.Download, 754, "summer-2026-4k.mov", 610, 6_900_000_000, 8.3e6},
		{"backup-db2", "203.0.113.80", control.Upload, 1920, "nightly-2026-11-28.tar.zst", 1900, 0, 3.4e6},
		{"ftp", "192.0.2.144", control.Download, 95, "debian-12.9.0-amd64-netinst.iso", 90, 663_000_000, 5.2e6},
		{"studio-west", "2001:db8:40::17", control.Download, 3655, "mix-final.wav", 44, 412_000_000, 3.9e6},
		{"ftp", "192.0.2.61", control.Download, 12, "Packages.xz", 4, 9_000_000, 1.1e6},
		{"lena", "198.51.100.140", control.Upload, 312, "invoice-archive.zip", 140, 0, 690e3},
		{"kiosk-03", "203.0.113.9", control.Download, 41, "menu-board.png", 3, 4_200_000, 870e3},
		{"ftp", "192.0.2.207", control.Download, 230, "README.html", 2, 310_000, 48e3},
		{"jonas", "198.51.100.77", control.Idle, 1240, "", 0, 0, 0},
		{"webcam-north", "203.0.113.31", control.Idle, 86512, "", 0, 0, 0},
		{"", "192.0.2.19", control.Idle, 3, "", 0, 0, 0},
	} {
		s := control.Session{
			ID: uint64(4212600 - 7*i), Account: g.account, Anonymous: g.account == "ftp", State: g.state, Address: g.address, Host: g.address,
			Port: uint16(50122 + 311*i), LocalAddr: "192.0.2.2", LocalPort: 21, Started: ago(g.connected),
		}
		if heard := ago(g.took); g.account != "" {
			s.LastCommand = &heard
		}
		if g.file != "" {
			s.Transfer = &control.Transfer{File: g.file, Started: ago(g.took), Size: g.size}
		}
		c.guests = append(c.guests, &guest{s, g.speed})
	}
	return c
}

// TestPicture shows the page of a usual day on a desk and on a phone, and keeps it as pictures if that is asked for.
func TestPicture(t *testing.T) {
	c := day()
	c.serve(t, "127.0.0.1:0", statuspage.Token{})
	desk, phone := open(t, c.url, 1180, 760), open(t, c.url, 360, 760)
	phone.dark()
	if *pictures { // the curves of a minute
		for _, g := range c.guests {
			if g.session.Transfer != nil && g.session.Transfer.Size > 0 && g.session.Transfer.Size < 700e6 {
				g.session.Transfer.Started = time.Now().Add(70 * time.Second)
			}
		}
		time.Sleep(75 * time.Second)
	}
	for name, b := range map[string]*tab{"status-page": desk, "status-page-phone": phone} {
		b.eventually("#open", fmt.Sprint(len(c.guests)))
		text := b.picture()
		if len(text) > maxPicture {
			t.Errorf("the picture %s has %d bytes; want %d at most", name, len(text), maxPicture)
		}
		if *pictures {
			if err := os.WriteFile("../../docs/images/"+name+".png", text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}
