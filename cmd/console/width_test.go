package main

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"duodesk/static"
	"duodesk/views"
	"duodesk/views/gallery"
)

// widths are those of windows, in CSS pixels: of phones and desktops, and those between, where a table may fit neither
// as rows nor as cards. Pages without a table are measured where the frame around them is tightest.
var (
	widths       = []int{320, 500, 600, 683, 760, 800, 1000, 1200}
	withoutTable = []int{320, 760}
)

// tooWide puts the body of each page into one frame, which has the style sheet, makes the frame as wide as each window,
// and returns what does not fit. To load each page as a whole would take five times as long.
const tooWide = `async (names, widths, withoutTable) => {
	const found = [], frame = document.querySelector("iframe"), d = frame.contentDocument;
	if (!d.styleSheets.length) return ["no style sheet"];
	for (const name of names) {
		const page = new DOMParser().parseFromString(await (await fetch("/" + name)).text(), "text/html");
		d.body.replaceWith(d.adoptNode(page.body));
		if (!d.querySelector("h1")) found.push(name + " is not a page");
		for (const width of d.querySelector("table") ? widths : withoutTable) {
			frame.style.width = width + "px";
			const edge = d.documentElement.clientWidth, over = d.documentElement.scrollWidth - edge;
			if (over <= 0) continue;
			const widest = [...d.body.querySelectorAll("*")].filter(e => e.getBoundingClientRect().right > edge).pop();
			found.push(name + " at " + width + " px is " + over + " px too wide: " + (widest?.outerHTML ?? "some text").slice(0, 160));
		}
	}
	return found;
}`

// TestPagesFitEveryWidth: no page is scrolled sideways, whatever the window.
func TestPagesFitEveryWidth(t *testing.T) {
	t.Parallel()
	scripts := regexp.MustCompile(`<script[^>]*></script>`)
	mux := http.NewServeMux()
	mux.Handle("GET /static/", static.Handler())
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(
			[]byte(`<!doctype html><title>Frame</title><link rel="icon" href="data:,"><iframe height="800" src="/` +
				gallery.Samples()[0].Name + `"></iframe>`))
	})
	var names []string
	for _, s := range gallery.Samples() {
		names = append(names, s.Name)
		mux.HandleFunc("GET /"+s.Name, func(w http.ResponseWriter, r *http.Request) {
			var page strings.Builder
			if err := views.Layout(s.Shell, s.Page).Render(r.Context(), &page); err != nil {
				t.Errorf("%s: %v", s.Name, err)
			}
			_, _ = w.Write([]byte(scripts.ReplaceAllString(page.String(), "")))
		})
	}
	site := httptest.NewServer(mux)
	t.Cleanup(site.Close)
	p := newPage(t, pageOptions{Width: 1400})
	p.open(site.URL)
	for some := range slices.Chunk(names, 10) {
		for _, fault := range evaluate[[]string](p, call(tooWide, some, widths, withoutTable)) {
			t.Error(fault)
		}
	}
}
