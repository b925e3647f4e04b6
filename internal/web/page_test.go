package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// headerFaults says what an answer lacks that every answer must have.
func headerFaults(h http.Header, static bool) []string {
	want := map[string]string{
		"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
			"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; report-uri /csp",
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
		"X-Frame-Options": "DENY", "Cross-Origin-Opener-Policy": "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin", "Cache-Control": "no-store",
	}
	if static {
		want["Cache-Control"] = "public, max-age=31536000, immutable"
	}
	var faults []string
	for name, value := range want {
		if got := h.Get(name); got != value || len(h.Values(name)) != 1 {
			faults = append(faults, fmt.Sprintf("%s is %q", name, h.Values(name)))
		}
	}
	if len(h.Get("X-Request-Id")) < 16 {
		faults = append(faults, "no request id")
	}
	for _, name := range []string{"Server", "X-Powered-By"} {
		if h.Get(name) != "" {
			faults = append(faults, "header "+name)
		}
	}
	return faults
}

var voidElements = strings.Fields("area base br col embed hr img input link meta source track wbr")

// markupFaults reads a document the strict way: every element closed in order,
// ids unique, and nothing that could run but our own two scripts.
func markupFaults(document string) []string {
	var faults []string
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	var open []string
	ids := map[string]bool{}
	tokens := html.NewTokenizer(strings.NewReader(document))
	for {
		kind := tokens.Next()
		if kind == html.ErrorToken {
			break
		}
		token := tokens.Token()
		switch kind {
		case html.StartTagToken, html.SelfClosingTagToken:
			for _, a := range token.Attr {
				switch {
				case strings.HasPrefix(a.Key, "on"), a.Key == "style", a.Key == "srcdoc":
					fault("<%s> has an attribute %s", token.Data, a.Key)
				case (a.Key == "href" || a.Key == "src" || a.Key == "action") && !strings.HasPrefix(a.Val, "/") &&
					!strings.HasPrefix(a.Val, "#") || strings.HasPrefix(a.Val, "//"):
					fault("<%s> leads to %q", token.Data, a.Val)
				case a.Key == "id" && ids[a.Val]:
					fault("id %q twice", a.Val)
				case a.Key == "id":
					ids[a.Val] = true
				}
			}
			if token.Data == "script" && !slices.ContainsFunc(token.Attr,
				func(a html.Attribute) bool { return a.Key == "src" && strings.HasPrefix(a.Val, "/static/") }) {
				fault("a script that is not ours")
			}
			if slices.Contains([]string{"img", "iframe", "object", "embed", "base", "style"}, token.Data) {
				fault("an element <%s>", token.Data)
			}
			if kind == html.StartTagToken && !slices.Contains(voidElements, token.Data) {
				open = append(open, token.Data)
			}
		case html.EndTagToken:
			if len(open) == 0 || open[len(open)-1] != token.Data {
				fault("</%s> while %v is open", token.Data, open)
				return faults
			}
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		fault("not closed: %v", open)
	}
	return faults
}
