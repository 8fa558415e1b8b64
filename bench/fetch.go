package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// provide puts everything the chosen servers need into the cache: Debian's packages, unpacked and
// never installed (the servers conflict with each other), and a fresh build of this project.
func provide(p *plan) error {
	if err := os.MkdirAll(p.Cache, 0o755); err != nil {
		return fmt.Errorf("make cache: %w", err)
	}
	if p.Disk == "" {
		p.Disk = p.Cache
	}
	for _, s := range servers() {
		// The original's pure-pw also makes our account database.
		tool := s.name == "original" && p.wants("ours")
		if s.pkg == "" || !(p.wants(s.name) || tool) {
			continue
		}
		version, err := unpacked(p.Cache, s.pkg, s.program)
		if err != nil {
			return fmt.Errorf("provide %s: %w", s.name, err)
		}
		p.Versions[s.name] = s.pkg + " " + version
		if p.TLS == "" || s.more == "" {
			continue
		}
		if _, err := unpacked(p.Cache, s.more, s.inMore); err != nil {
			return fmt.Errorf("provide TLS of %s: %w", s.name, err)
		}
	}
	if p.wants("ours") {
		if err := buildOurs(p); err != nil {
			return err
		}
	}
	if p.Mode == modeAccounts {
		return provideSources(p)
	}
	return nil
}

// wants reports whether a server takes part.
func (p *plan) wants(name string) bool {
	return len(p.Servers) == 0 || slices.Contains(p.Servers, name)
}

// buildOurs builds the server from the module bench was started in. A module without one is no
// error, unless it was asked for by name: the peers can be measured alone.
func buildOurs(p *plan) error {
	if p.Ours != "" {
		p.Versions["ours"] = p.Ours
		return nil
	}
	mod, err := output("go", "env", "GOMOD")
	if err != nil {
		return err
	}
	root := filepath.Dir(strings.TrimSpace(mod))
	binary := filepath.Join(p.Cache, "ours", "pure-ftpd")
	if err := os.MkdirAll(filepath.Dir(binary), 0o755); err != nil {
		return err
	}
	cmd := exec.Command("go", "build", "-trimpath", "-o", filepath.Dir(binary), "./cmd/pure-ftpd", "./cmd/pure-pw", "./cmd/pure-authd")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	text, err := cmd.CombinedOutput()
	switch {
	case err == nil:
		p.Ours, p.Versions["ours"] = binary, "built from ./cmd/pure-ftpd"
		return nil
	case slices.Contains(p.Servers, "ours"):
		return fmt.Errorf("build: %w\n%s", err, text)
	default:
		fmt.Fprintf(os.Stderr, "bench: goes on without ours: %s", text)
		return nil
	}
}

// unpacked makes sure that a Debian package and the shared libraries it lacks on this machine lie
// unpacked in the cache, and returns the package's version.
func unpacked(cache, pkg, program string) (string, error) {
	dir := filepath.Join(cache, pkg)
	version := filepath.Join(dir, "bench-version")
	if text, err := os.ReadFile(version); err == nil {
		return strings.TrimSpace(string(text)), nil
	}
	if err := os.RemoveAll(dir); err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Join(dir, "debs"), 0o755); err != nil {
		return "", err
	}
	if _, err := output("apt-get", "-q", "update"); err != nil {
		return "", err
	}
	if err := download(dir, pkg); err != nil {
		return "", err
	}
	libraries, err := missingLibraries(pkg)
	if err != nil {
		return "", err
	}
	if err := download(dir, libraries...); err != nil {
		return "", err
	}
	if err := linked(dir, program); err != nil {
		return "", err
	}
	debs, err := filepath.Glob(filepath.Join(dir, "debs", pkg+"_*.deb"))
	if err != nil || len(debs) != 1 {
		return "", errors.Join(err, fmt.Errorf("find package file: %d found", len(debs)))
	}
	text, err := output("dpkg-deb", "-f", debs[0], "Version")
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(text), os.WriteFile(version, []byte(text), 0o644)
}

// download fetches packages with apt and unpacks them into dir.
func download(dir string, packages ...string) error {
	for _, pkg := range packages {
		cmd := exec.Command("apt-get", "-q", "download", pkg)
		cmd.Dir = filepath.Join(dir, "debs")
		// apt's sandbox user cannot write below a private home.
		cmd.Args = append(cmd.Args, "-o", "APT::Sandbox::User=root")
		if text, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("download %s: %w\n%s", pkg, err, text)
		}
		debs, err := filepath.Glob(filepath.Join(dir, "debs", pkg+"_*.deb"))
		if err != nil || len(debs) == 0 {
			return errors.Join(err, fmt.Errorf("download %s: no file came", pkg))
		}
		if _, err := output("dpkg", "-x", debs[0], dir); err != nil {
			return err
		}
	}
	return nil
}

// missingLibraries lists the libraries a package depends on, directly or not, that are not
// installed.
func missingLibraries(pkg string) ([]string, error) {
	var missing []string
	for next := []string{pkg}; len(next) > 0; next = next[1:] {
		text, err := output("apt-cache", "depends", "--important", next[0])
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(text) {
			name, ok := strings.CutPrefix(strings.TrimSpace(line), "Depends: ")
			if !ok || !strings.HasPrefix(name, "lib") || slices.Contains(missing, name) {
				continue
			}
			if _, err := output("dpkg", "-s", name); err != nil {
				missing, next = append(missing, name), append(next, name)
			}
		}
	}
	return missing, nil
}

// linked reports what the dynamic linker still lacks.
func linked(dir, program string) error {
	cmd := exec.Command("ldd", filepath.Join(dir, program))
	cmd.Env = append(os.Environ(), libraryPath(dir))
	text, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("ldd %s: %w\n%s", program, err, text)
	}
	for line := range bytes.Lines(text) {
		if bytes.Contains(line, []byte("not found")) {
			return fmt.Errorf("library missing: %s", bytes.TrimSpace(line))
		}
	}
	return nil
}

// libraryPath is the environment setting that lets an unpacked program find its libraries.
func libraryPath(dir string) string {
	multiarch := map[string]string{"amd64": "x86_64", "arm64": "aarch64"}[runtime.GOARCH]
	return "LD_LIBRARY_PATH=" + strings.Join([]string{
		filepath.Join(dir, "usr/lib", multiarch+"-linux-gnu"),
		filepath.Join(dir, "lib", multiarch+"-linux-gnu"),
	}, ":")
}

// output runs a program and returns what it wrote; an error carries its diagnostics.
func output(name string, args ...string) (string, error) {
	var stderr bytes.Buffer
	cmd := exec.Command(name, args...)
	cmd.Stderr = &stderr
	text, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, &stderr)
	}
	return string(text), nil
}
