//go:build readers

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestPromtool has Prometheus itself check what this package's own tests cannot parse: the expressions.
func TestPromtool(t *testing.T) {
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Fatalf("promtool, of Debian's package prometheus: %v", err)
	}
	rules := "groups:\n- name: dashboard\n  rules:\n"
	for _, p := range readPanels(t) {
		for i, target := range p.Targets {
			expr := strings.NewReplacer("$__rate_interval", "5m", "$instance", ".*").Replace(target.Expr)
			rules += fmt.Sprintf("  - record: panel_%d_%d\n    expr: %q\n", p.ID, i, expr)
		}
	}
	file := filepath.Join(t.TempDir(), "dashboard.yml")
	if err := os.WriteFile(file, []byte(rules), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{file, alertsFile} {
		if out, err := exec.Command(promtool, "check", "rules", name).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
	check := exec.Command(promtool, "check", "metrics")
	check.Stdin = strings.NewReader(string(allParts(t).metricsText()))
	if out, err := check.CombinedOutput(); err != nil {
		t.Errorf("check metrics: %v\n%s", err, out)
	}
}
