//go:build proof

package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"

	"duodesk/static"
	"duodesk/views"
	"duodesk/views/gallery"
)

// serveSamples serves every sample of the gallery at /<name>, under the console's own style and scripts.
func serveSamples(t *testing.T) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("/static/", static.Handler())
	for _, s := range gallery.Samples() {
		mux.HandleFunc("/"+s.Name, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			if err := views.Layout(s.Shell, s.Page).Render(r.Context(), w); err != nil {
				t.Error(err)
			}
		})
	}
	// streams of samples
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

// TestProofAxe: axe-core finds nothing on any sample, in light and dark, best practices included, wide and narrow.
func TestProofAxe(t *testing.T) {
	t.Parallel()
	site := serveSamples(t)
	source, err := os.ReadFile(axePath)
	if err != nil {
		t.Fatal(err)
	}
	var found sync.Map
	for _, o := range []pageOptions{{Width: 1366, Height: 768}, {Width: 390, Height: 844, Dark: true}} {
		p := newPage(t, o)
		for _, s := range gallery.Samples() {
			if p.open(site+"/"+s.Name) != http.StatusOK {
				t.Fatal(s.Name)
			}
			within(p, "load axe", chromedp.Evaluate[chromedp.Void](string(source)))
			for _, f := range evaluate[[]axeFinding](p,
				`axe.run(document, {resultTypes: ["violations"]}).then(r => r.violations)`) {
				where, _ := json.Marshal(f.Nodes)
				key := fmt.Sprintf("%s %d", f.ID, o.Width)
				if n, seen := found.LoadOrStore(key, 1); seen && n.(int) >= 3 && !testing.Verbose() {
					continue
				}
				t.Errorf("%s at %d: %s (%s): %s\n%s", s.Name, o.Width, f.ID, f.Impact, f.Help,
					shortened(string(where), 600))
			}
			p.fitsWidth()
		}
	}
}

func shortened(text string, most int) string {
	if len(text) > most {
		return text[:most] + "…"
	}
	return text
}

// TestProofBars: at a zoom of 200 % and on a phone, header, rail and the organization's bar take less than a third of
// the window, and name the organization once.
func TestProofBars(t *testing.T) {
	t.Parallel()
	site := serveSamples(t)
	for _, o := range []pageOptions{{Width: 683, Height: 384}, {Width: 390, Height: 844},
		{Width: 390, Height: 844, NoJS: true}} {
		p := newPage(t, o)
		for _, s := range gallery.Samples() {
			if s.Shell.Organization == nil || s.Shell.Operator == "" {
				continue
			}
			p.open(site + "/" + s.Name)
			if o.NoJS {
				p.wait("main")
				continue
			}
			const bars = `(() => [".sandbox", ".head", ".rail"].map(c => document.querySelector(c)?.getBoundingClientRect().height ?? 0).reduce((a, b) => a + b))()`
			if h := evaluate[float64](p, bars); h >= float64(o.Height)/3 {
				t.Errorf("%s at %d×%d: bars of %.0f px", s.Name, o.Width, o.Height, h)
			}
			name := evaluate[int](p,
				`[...document.querySelectorAll(".head .org bdi")].filter(e => e.checkVisibility() && !e.closest(".panel")).length`)
			if name != 1 {
				t.Errorf("%s at %d×%d: the organization's name is there %d times", s.Name, o.Width, o.Height, name)
			}
		}
	}
	p := newPage(t, pageOptions{Width: 683, Height: 384})
	p.open(site + "/user")
	if words := strings.TrimSpace(p.text(".switcher > summary")); !strings.Contains(words, "Acme Dental") {
		t.Error(words)
	}
}
