// Package start tests every way in which the server can be started, with the real program: in the foreground and the
// background, by super-servers, by systemd, without root, on trial, and from each kind of configuration.
//
// Its tests need neither root nor a network; a test run by root starts the program as nobody. What only root can do is
// behind the build tag privileged, and runs in a mount name space with an /etc and a /run of its own.
package start
