"""Moves files with Python's ftplib.

usage: ftplib_client.py HOST PORT VERB COMMAND LOCAL REMOTE N [CERTIFICATE VERSION BEGIN DATA]

The user is ann, the password secret. VERB says how data connections are opened. Commands: push and
pull move trees; put and get move a file, from restart marker N on; partput and partget move the
first N bytes of it and wait for ever; textput and textget move it as lines. With a certificate all of
it goes over TLS of that version: explicit or implicit, with data connections that are resuming the
session of the control connection, or fresh.
"""
import ftplib
import os
import signal
import socket
import ssl
import sys


def main():
    host, port, verb, command, local, remote = sys.argv[1:7]
    number = int(sys.argv[7])
    ftp = client(*sys.argv[8:])
    ftp.set_debuglevel(1)
    ftp.connect(host, int(port), timeout=20)
    ftp.login("ann", "secret")
    if isinstance(ftp, ftplib.FTP_TLS):
        ftp.prot_p()
    ftp.set_pasv(verb in ("PASV", "EPSV"))
    COMMANDS[command](ftp, os.fsencode(local), text(os.fsencode(remote)), number)
    ftp.quit()


def client(certificate=None, version=None, begin="explicit", data="fresh"):
    if certificate is None:
        return ftplib.FTP(encoding="latin-1")  # names are bytes
    context = ssl.create_default_context(cafile=certificate)
    context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
    bases = [ftplib.FTP_TLS]
    if begin == "implicit":
        bases.insert(0, Implicit)
    if data == "resuming":
        bases.insert(0, Resuming)
    return type("Client", tuple(bases), {})(encoding="latin-1", context=context)


class Resuming(ftplib.FTP_TLS):
    """The lines of docs/tls.md."""

    def ntransfercmd(self, cmd, rest=None):
        conn, size = ftplib.FTP.ntransfercmd(self, cmd, rest)
        if self._prot_p:
            conn = self.context.wrap_socket(conn, server_hostname=self.host, session=self.sock.session)
        return conn, size


class Implicit(ftplib.FTP_TLS):
    """TLS before the greeting."""

    def connect(self, host, port, timeout):
        self.host, self.port, self.timeout = host, port, timeout
        raw = socket.create_connection((host, port), timeout)
        self.af = raw.family
        self.sock = self.context.wrap_socket(raw, server_hostname=host)
        self.file = self.sock.makefile("r", encoding=self.encoding)
        self.welcome = self.getresp()
        return self.welcome


def text(name):
    return name.decode("latin-1")


def push(ftp, local, remote, _):
    home = ftp.pwd()
    ftp.cwd(remote)
    push_here(ftp, local)
    ftp.cwd(home)


def push_here(ftp, local):
    for name in sorted(os.listdir(local)):
        path = os.path.join(local, name)
        if os.path.isdir(path):
            ftp.mkd(text(name))
            ftp.cwd(text(name))
            push_here(ftp, path)
            ftp.cwd("..")
        else:
            put(ftp, path, text(name), 0)


def pull(ftp, local, remote, _):
    ftp.cwd(remote)
    pull_here(ftp, local)


def pull_here(ftp, local):
    os.mkdir(local)
    for name, facts in list(ftp.mlsd(facts=["type", "size"])):
        path = os.path.join(local, name.encode("latin-1"))
        if facts["type"] == "dir":
            ftp.cwd(name)
            pull_here(ftp, path)
            ftp.cwd("..")
        elif facts["type"] == "file":
            get(ftp, path, name, 0)
            if os.path.getsize(path) != int(facts["size"]):
                raise SystemExit("the listing gives %r another size" % name)


def put(ftp, local, remote, marker):
    with open(local, "rb") as file:
        file.seek(marker)
        ftp.storbinary("STOR " + remote, file, rest=marker or None)


def get(ftp, local, remote, marker):
    with open(local, "r+b" if marker else "wb") as file:
        file.seek(marker)
        ftp.retrbinary("RETR " + remote, file.write, rest=marker or None)


def put_part(ftp, local, remote, size):
    ftp.voidcmd("TYPE I")
    with open(local, "rb") as file:
        data = ftp.transfercmd("STOR " + remote)
        data.sendall(file.read(size))
    wait()


def get_part(ftp, local, remote, size):
    ftp.voidcmd("TYPE I")
    with open(local, "wb") as file:
        data = ftp.transfercmd("RETR " + remote).makefile("rb")
        file.write(data.read(size))
    wait()


def wait():
    while True:
        signal.pause()


def put_text(ftp, local, remote, _):
    with open(local, "rb") as file:
        ftp.storlines("STOR " + remote, file)


def get_text(ftp, local, remote, _):
    with open(local, "w", encoding="latin-1", newline="\n") as file:
        ftp.retrlines("RETR " + remote, lambda line: print(line, file=file))


COMMANDS = {
    "push": push, "pull": pull, "put": put, "get": get,
    "partput": put_part, "partget": get_part, "textput": put_text, "textget": get_text,
}

main()
