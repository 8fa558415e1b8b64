package auth

import (
	"go/ast"
	"go/parser"
	"go/token"
	"testing"
)

// TestCausesAreAll compares the list with the constants.
func TestCausesAreAll(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "cause.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	constants := 0
	ast.Inspect(file, func(n ast.Node) bool {
		if d, ok := n.(*ast.GenDecl); ok && d.Tok == token.CONST {
			constants += len(d.Specs)
		}
		return true
	})
	seen := make(map[Cause]bool)
	for _, c := range Causes() {
		seen[c] = true
	}
	if len(Causes()) != constants || len(seen) != constants {
		t.Errorf("%d causes, %d of them different; there are %d constants", len(Causes()), len(seen), constants)
	}
}
