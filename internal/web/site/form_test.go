package site

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
)

// FuzzForm: no body makes reading a form panic, repeat a field, or lets an
// action's values hold what its fields refuse.
func FuzzForm(f *testing.F) {
	for _, body := range []string{"", "a=1", "a=1&a=2", "user_id=DU1&count=3", "%zz", "a;b", "=", "&&&", "run_id=x",
		"was.username=x&username=x", "preserve_existing", strings.Repeat("a=1&", 50)} {
		f.Add(body, "application/x-www-form-urlencoded")
	}
	f.Add("{}", "application/json")
	e := echo.New()
	f.Fuzz(func(t *testing.T, body, kind string) {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.Header.Set("Content-Type", kind)
		form, err := FormOf(e.NewContext(r, httptest.NewRecorder()))
		if err != nil {
			return
		}
		for name, values := range form.Values {
			if len(values) != 1 {
				t.Fatalf("%q came %d times", name, len(values))
			}
		}
		_, _ = form.RunID()
		for _, a := range catalog.All() {
			in, bad := a.Parse(form.Field(a))
			if len(bad) > 0 {
				continue
			}
			for name, value := range in.Given(a) {
				if strings.HasSuffix(name, "_id") && (len(value) > 64 || strings.ContainsAny(value, "/.%\\ ")) {
					t.Fatalf("%s: %s=%q", a.Slug, name, value)
				}
			}
			_ = a.LeastRole(in)
		}
	})
}
