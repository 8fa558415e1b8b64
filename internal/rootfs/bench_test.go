package rootfs

import (
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"pureftpd/internal/ftp"
)

func benchRoot(b *testing.B, files int) (*Root, string) {
	b.Helper()
	dir := b.TempDir()
	for i := range files {
		must(b, os.WriteFile(fmt.Sprintf("%s/file-%06d.txt", dir, i), nil, 0o644))
	}
	return open(b, NewCache(), Options{Path: dir}), dir
}

func BenchmarkOpenFile(b *testing.B) {
	r, _ := benchRoot(b, 1)
	b.ReportAllocs()
	for b.Loop() {
		file, err := r.OpenFile("/file-000000.txt", Read, 0)
		must(b, err)
		must(b, file.Close())
	}
}

// BenchmarkOpenFileRaw is the system calls of BenchmarkOpenFile alone.
func BenchmarkOpenFileRaw(b *testing.B) {
	_, dir := benchRoot(b, 1)
	var stat unix.Stat_t
	for b.Loop() {
		fd, err := unix.Open(dir+"/file-000000.txt", unix.O_RDONLY|unix.O_CLOEXEC, 0)
		must(b, err)
		must(b, unix.Fstat(fd, &stat))
		must(b, unix.Close(fd))
	}
}

func BenchmarkFacts(b *testing.B) {
	r, _ := benchRoot(b, 1)
	b.ReportAllocs()
	for b.Loop() {
		_, err := r.Facts("/file-000000.txt", true)
		must(b, err)
	}
}

func benchReadDir(b *testing.B, want Want) {
	const files = 10_000
	r, _ := benchRoot(b, files)
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		must(b, r.ReadDir("/", want, func([]byte, *ftp.Facts) bool { n++; return true }))
		if n != files+2 {
			b.Fatalf("%d entries, want %d", n, files+2)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/files, "ns/entry")
}

func BenchmarkReadDirNames(b *testing.B) { benchReadDir(b, Names) }

func BenchmarkReadDirFacts(b *testing.B) { benchReadDir(b, WithFacts) }

// BenchmarkSystemCall is the cheapest system call there is, to see the others in proportion.
func BenchmarkSystemCall(b *testing.B) {
	for b.Loop() {
		unix.Getppid()
	}
}

// benchShare opens a file of a root that has a share, which the link "/in" leads to.
func benchShare(b *testing.B, name string) {
	share := b.TempDir()
	must(b, os.WriteFile(share+"/file.txt", nil, 0o644))
	_, dir := benchRoot(b, 1)
	must(b, os.Symlink(share, dir+"/in"))
	r := open(b, NewCache(share), Options{Path: dir})
	b.ReportAllocs()
	for b.Loop() {
		file, err := r.OpenFile(name, Read, 0)
		must(b, err)
		must(b, file.Close())
	}
}

// BenchmarkOpenFileBesideShare ought to take as long as BenchmarkOpenFile.
func BenchmarkOpenFileBesideShare(b *testing.B) { benchShare(b, "/file-000000.txt") }

func BenchmarkOpenFileInShare(b *testing.B) { benchShare(b, "/in/file.txt") }
