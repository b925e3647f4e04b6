package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"duodesk/views"
)

// TestRefusedStream: a page whose stream is refused, as for too many open ones, says that it
// does not follow any more.
func TestRefusedStream(t *testing.T) {
	t.Parallel()
	script, err := os.ReadFile("../../static/app.js")
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /app.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		_, _ = w.Write(script)
	})
	mux.HandleFunc("GET /favicon.ico",
		func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("GET /events", func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "too many", http.StatusTooManyRequests)
	})
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `<!doctype html><html lang="en"><title>Trial</title><main><h1>Trial</h1>`)
		live := &views.Live{Text: "Waiting for the phone.", Events: "/events", Page: "/", Look: "Look again"}
		if err := views.ShowLive(live).Render(r.Context(), w); err != nil {
			t.Error(err)
		}
		fmt.Fprint(w, `</main><script src="/app.js"></script>`)
	})
	site := httptest.NewServer(mux)
	t.Cleanup(site.Close)
	p := newPage(t, pageOptions{})
	p.expect("HTTP 429")
	p.open(site.URL)
	p.until("the page says so", `document.querySelector(".live-text").textContent.includes("have stopped")`)
}
