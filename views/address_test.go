package views

import (
	"strings"
	"testing"
)

func TestAddressesBreakBetweenTheirParts(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"night.shift@northwind.co.example": "night.shift@<wbr>northwind.<wbr>co.<wbr>example",
		"Jane Roe, 2.5 h":                  "Jane Roe, 2.5 h",
		"ask jane@acme.example":            "ask jane@acme.example",
		`<b>"'&@<script>.x`:                "&lt;b&gt;&#34;&#39;&amp;@<wbr>&lt;script&gt;.<wbr>x",
	} {
		var got strings.Builder
		if err := Address(in).Render(t.Context(), &got); err != nil || got.String() != want {
			t.Errorf("%q: got %q, %v", in, got.String(), err)
		}
	}
}
