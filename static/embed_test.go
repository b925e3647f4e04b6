package static

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func get(t *testing.T, address, encoding string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, address, nil)
	r.Header.Set("Accept-Encoding", encoding)
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	return w
}

func TestStyleSheetIsServedForEverAndZipped(t *testing.T) {
	t.Parallel()
	plain, zipped := get(t, Path("app.css"), ""), get(t, Path("app.css"), "br, gzip;q=0.8")
	if plain.Code != http.StatusOK || !strings.HasPrefix(plain.Header().Get("Content-Type"), "text/css") {
		t.Fatalf("got %d %q", plain.Code, plain.Header().Get("Content-Type"))
	}
	if !strings.Contains(plain.Header().Get("Cache-Control"), "immutable") {
		t.Errorf("not immutable: %q", plain.Header().Get("Cache-Control"))
	}
	r, err := gzip.NewReader(zipped.Body)
	if err != nil {
		t.Fatalf("zipped answer: %v", err)
	}
	unzipped, err := io.ReadAll(r)
	if err != nil || string(unzipped) != plain.Body.String() {
		t.Errorf("zipped and plain answers differ (%v)", err)
	}
	if refused := get(t, Path("app.css"), "gzip;q=0"); refused.Header().Get("Content-Encoding") != "" {
		t.Error("zipped for a browser that refuses it")
	}
}

func TestUnknownAddressesAnswerNotFound(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"/static/app.css", "/static/000000000000/app.css", "/static/vendor/.keep",
		"/static/", "/static/../embed.go"} {
		if got := get(t, address, ""); got.Code != http.StatusNotFound {
			t.Errorf("%s answered %d", address, got.Code)
		}
	}
}
