// Package scriptd is the daemon that pure-certd and pure-authd have in common: it listens on a local socket, and for every
// question it runs the administrator's program, with the question in the environment, and passes on what the program prints.
// A Kind says what is different between the two.
//
//	listen (socket.go) → pid file → become -u, -g (privilege.go) → serve (daemon.go) → run the program (program.go)
//
// A program's answer is not looked at. What is bounded is the work: how many programs run at once, how long each may take,
// how long a client may take over its question, and the size of question and answer. A client whose program cannot be run or
// is ended gets an answer that denies.
//
// The socket belongs to who started the daemon, root as a rule, and only root may ask: see docs/certd.md and docs/extauth.md.
package scriptd
