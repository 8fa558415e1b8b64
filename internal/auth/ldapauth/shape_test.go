package ldapauth

import (
	"fmt"
	"strings"

	ber "github.com/go-asn1-ber/asn1-ber"
)

// shape is the structure of a packet without its values.
func shape(p *ber.Packet) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d.%d", p.ClassType, p.Tag)
	if len(p.Children) > 0 {
		b.WriteByte('(')
		for _, child := range p.Children {
			b.WriteString(shape(child) + " ")
		}
		b.WriteByte(')')
	}
	return b.String()
}
