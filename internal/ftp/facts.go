package ftp

// The type bits of Facts.Mode, as stat(2) gives them.
const (
	ModeType    = 0o170000
	ModeSocket  = 0o140000
	ModeSymlink = 0o120000
	ModeRegular = 0o100000
	ModeBlock   = 0o060000
	ModeDir     = 0o040000
	ModeChar    = 0o020000
	ModeFIFO    = 0o010000
)

// Facts are what a listing or an MLSx line tells of one file (RFC 3659, 7.5), as the kernel gives them.
type Facts struct {
	Mode    uint32 // type and permission bits, as st_mode
	Nlink   uint32
	UID     uint32
	GID     uint32
	Size    int64 // bytes
	ModTime int64 // seconds since 1970, UTC
	Dev     uint64
	Ino     uint64
}

// IsDir reports whether the file is a directory.
func (f *Facts) IsDir() bool { return f.Mode&ModeType == ModeDir }

// IsRegular reports whether the file is a regular file.
func (f *Facts) IsRegular() bool { return f.Mode&ModeType == ModeRegular }

// IsSymlink reports whether the file is a symbolic link.
func (f *Facts) IsSymlink() bool { return f.Mode&ModeType == ModeSymlink }
