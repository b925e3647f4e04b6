package web

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/store"
)

func FuzzMark(f *testing.F) {
	f.Add(markText(store.RunMark{ID: uuid.New(), At: time.Now()}))
	f.Add("AAAA")
	f.Fuzz(func(t *testing.T, text string) {
		mark, err := parseMark(text)
		if err == nil && markText(*mark) != text {
			t.Errorf("%q is read as %+v", text, mark)
		}
	})
}
