// Package rootfs is a user's view of the file system.
//
// A Root is a directory descriptor and an identity. Its methods take pathnames that are absolute
// inside the root; the kernel resolves them below the descriptor (openat2 with RESOLVE_IN_ROOT), so
// ".." and absolute symbolic links behave as in chroot(2) and no check can be overtaken by a
// change. What changes the tree acts on the descriptor of the parent directory. Every method is one
// identity.As bracket: it does what its user may do and nothing else.
//
// There are three views behind one small interface: the kernel's, a walk from directory to
// directory for systems without openat2, and the virtual chroot, in which symbolic links lead
// wherever the user may go. None of them follows the magic links of /proc, which would hand one
// session the descriptors of another, and no file on a proc file system is opened.
//
// The administrator may list shares: directories outside, into which absolute symbolic links lead
// out of a root (see [NewCache]). Only roots that have links into shares pay for them, and only for
// pathnames that do not exist inside.
//
// A root with an [Ownership] marks what it makes with a login and leaves alone what is somebody
// else's: the look at the owner and the deed are one bracket and act on one directory descriptor and
// name. Between the two another process, or another session of the same owner, may exchange what the
// name stands for; what is opened is looked at by its descriptor, and a rename to a free name cannot
// replace what comes meanwhile, where the file system knows RENAME_NOREPLACE. A file just made has
// no mark for a moment.
//
// The package knows nothing of FTP's rules about names, permissions of sessions or quotas. The
// process umask is expected to be 0: modes are given in full. It is for 64-bit Linux.
//
// What it does not protect from: directories that somebody outside moves out of a root while a file
// in them is being made (chroot does not either; the same holds for shares), device nodes inside a
// root that the user may open, and what the virtual chroot is for. The directories on the way to a
// share are not to be the users' own: whoever can exchange one says what the share is.
package rootfs
