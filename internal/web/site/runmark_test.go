package site

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/store"
)

func FuzzMark(f *testing.F) {
	f.Add(MarkText(store.RunMark{ID: uuid.New(), At: time.Now()}))
	f.Add("AAAA")
	f.Fuzz(func(t *testing.T, text string) {
		mark, err := ParseMark(text)
		if err == nil && MarkText(*mark) != text {
			t.Errorf("%q is read as %+v", text, mark)
		}
	})
}
