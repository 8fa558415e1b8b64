// Package replace holds the steps by which a tool puts a new file in the place of an old one, so that
// whoever opens the path finds one of the two, whole, whenever power fails or a program is killed:
//
//  1. Target: the path behind symbolic links, which stay.
//  2. TryLock on a file that all who replace this one agree upon, and Current once it is locked: the
//     file that was waited for may have been replaced itself.
//  3. Write a file beside it, Resemble the old one, Sync, Rename (package os), and SyncDir.
//
// Which file is the lock, and what the new one is called, is for the caller to say. Owner, group and
// mode are kept; other hard links, access lists and extended attributes are not.
package replace
