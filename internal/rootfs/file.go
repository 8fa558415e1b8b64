package rootfs

import (
	"errors"
	"io"
	"io/fs"
	"time"

	"golang.org/x/sys/unix"

	"pureftpd/internal/ftp"
	"pureftpd/internal/identity"
)

// OpenFlag says what a file is opened for.
type OpenFlag uint

const (
	Read      OpenFlag = 1 << iota
	Write              // a symbolic link as the last component is refused with ELOOP
	Create             // make the file if it does not exist
	Exclusive          // with Create: it must not exist
	Truncate           // with Write: empty it
	Unowned            // a file of the server's own: not marked, and anybody's to write
)

// ErrNotRegular says that the path leads to something that cannot be transferred: a directory, a
// device, a FIFO.
var ErrNotRegular = errors.New("not a regular file")

// A File is an open regular file. It is owned by one goroutine. Reading and writing need no
// identity; what asks for the user again takes it on by itself.
type File struct {
	fd      int
	who     *identity.Who
	cache   *Cache
	path    string
	initial ftp.Facts
}

// OpenFile opens a regular file. perm is the mode of a file that Create makes; the umask of the
// process is expected to be 0. It never waits: anything but a regular file gives ErrNotRegular, and
// so does a file of a proc file system.
func (r *Root) OpenFile(path string, flags OpenFlag, perm uint32) (*File, error) {
	mode, err := flags.open()
	if err != nil {
		return nil, failed("open", path, err)
	}
	if flags&Create == 0 {
		perm = 0
	}
	f := &File{fd: -1, who: r.who, path: path}
	b := birth{perm: perm}
	err = r.act("open", path, func(a *anchor) (err error) {
		f.cache = a.cache
		var fd int
		if r.owner != nil && flags&Write != 0 && flags&Unowned == 0 {
			fd, err = r.openOwn(a, path, mode, &b)
		} else {
			fd, err = a.view.open(a.fd, path, mode, perm)
		}
		switch {
		case err == unix.ENXIO: // a FIFO without a reader, a socket, a device that is not there
			return ErrNotRegular
		case err != nil:
			return err
		}
		if err := transferable(fd, &f.initial); err != nil {
			_ = unix.Close(fd)
			return err
		}
		f.fd = fd
		return nil
	})
	r.tell(path, &b)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// open translates the flags. O_NONBLOCK keeps FIFOs from blocking and does nothing for regular
// files.
func (f OpenFlag) open() (int, error) {
	mode := unix.O_NONBLOCK | unix.O_NOCTTY
	switch f & (Read | Write) {
	case Read:
	case Write:
		mode |= unix.O_WRONLY | unix.O_NOFOLLOW
	case Read | Write:
		mode |= unix.O_RDWR | unix.O_NOFOLLOW
	default:
		return 0, fs.ErrInvalid
	}
	if f&(Create|Truncate) != 0 && f&Write == 0 || f&Exclusive != 0 && f&Create == 0 {
		return 0, fs.ErrInvalid
	}
	for _, bit := range [...]struct {
		flag OpenFlag
		mode int
	}{{Create, unix.O_CREAT}, {Exclusive, unix.O_EXCL}, {Truncate, unix.O_TRUNC}} {
		if f&bit.flag != 0 {
			mode |= bit.mode
		}
	}
	return mode, nil
}

// transferable checks an open file. The files of proc look regular, but those of this process would
// show, or change, the memory of every session. Only file systems without a device (major number 0)
// can be proc.
func transferable(fd int, facts *ftp.Facts) error {
	if err := fstat(fd, facts); err != nil {
		return err
	}
	if !facts.IsRegular() {
		return ErrNotRegular
	}
	if unix.Major(facts.Dev) != 0 {
		return nil
	}
	var stat unix.Statfs_t
	if err := unix.Fstatfs(fd, &stat); err != nil {
		return err
	}
	if stat.Type == unix.PROC_SUPER_MAGIC {
		return ErrNotRegular
	}
	return nil
}

// Fd returns the descriptor, for system calls that copy. It is valid until Close.
func (f *File) Fd() int { return f.fd }

// Initial returns the facts that the file had when it was opened.
func (f *File) Initial() ftp.Facts { return f.initial }

// Facts returns the facts that the file has now.
func (f *File) Facts() (ftp.Facts, error) {
	var facts ftp.Facts
	return facts, f.failed("stat", fstat(f.fd, &facts))
}

// Read reads from the file's position (io.Reader).
func (f *File) Read(p []byte) (int, error) {
	return f.input(len(p), func() (int, error) { return unix.Read(f.fd, p) })
}

// ReadAt reads from an offset (io.ReaderAt).
func (f *File) ReadAt(p []byte, offset int64) (int, error) {
	done := 0
	for done < len(p) {
		n, err := f.input(len(p)-done, func() (int, error) { return unix.Pread(f.fd, p[done:], offset+int64(done)) })
		if done += n; err != nil {
			return done, err
		}
	}
	return done, nil
}

// input runs one read of up to size bytes until no signal interrupts it.
func (f *File) input(size int, read func() (int, error)) (int, error) {
	for {
		n, err := read()
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return 0, f.failed("read", err)
		case n == 0 && size > 0:
			return 0, io.EOF
		}
		return n, nil
	}
}

// Write writes all of p at the file's position (io.Writer).
func (f *File) Write(p []byte) (int, error) {
	return f.output(p, func(rest []byte, _ int) (int, error) { return unix.Write(f.fd, rest) })
}

// WriteAt writes all of p at an offset (io.WriterAt).
func (f *File) WriteAt(p []byte, offset int64) (int, error) {
	return f.output(p, func(rest []byte, done int) (int, error) {
		return unix.Pwrite(f.fd, rest, offset+int64(done))
	})
}

// output repeats write until p is written.
func (f *File) output(p []byte, write func(rest []byte, done int) (int, error)) (int, error) {
	for done := 0; ; {
		n, err := write(p[done:], done)
		if n > 0 {
			done += n
		}
		switch {
		case err != nil && err != unix.EINTR:
			return done, f.failed("write", err)
		case done == len(p):
			return done, nil
		case err == nil && n == 0:
			return done, f.failed("write", io.ErrShortWrite)
		}
	}
}

// Seek moves the file's position (io.Seeker).
func (f *File) Seek(offset int64, whence int) (int64, error) {
	at, err := unix.Seek(f.fd, offset, whence)
	return at, f.failed("seek", err)
}

// Truncate cuts the file, or extends it with zeros.
func (f *File) Truncate(size int64) error { return f.failed("truncate", unix.Ftruncate(f.fd, size)) }

// Sync waits until the file is on the disk: with its data all that is needed to read it back, but
// not its times.
func (f *File) Sync() error { return f.failed("sync", unix.Fdatasync(f.fd)) }

// Chmod sets the file's permission bits.
func (f *File) Chmod(mode uint32) error {
	return f.failed("chmod", identity.As(f.who, func() error { return unix.Fchmod(f.fd, mode) }))
}

// Chtimes sets the file's times. A zero time leaves that time as it is.
func (f *File) Chtimes(atime, mtime time.Time) error {
	return f.failed("utime", identity.As(f.who, func() error { return f.cache.chtimes(f.fd, atime, mtime) }))
}

// Close closes the file. For one that was written its error says whether all of it was stored; the
// descriptor is gone in any case. Closing again gives fs.ErrClosed.
func (f *File) Close() error {
	if f.fd < 0 {
		return f.failed("close", fs.ErrClosed)
	}
	fd := f.fd
	f.fd = -1
	if err := unix.Close(fd); err != nil && err != unix.EINTR {
		return f.failed("close", err)
	}
	return nil
}

// failed wraps an error, if there is one.
func (f *File) failed(op string, err error) error {
	if err == nil {
		return nil
	}
	return failed(op, f.path, err)
}
