package main

import (
	"strings"
	"testing"

	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
)

// Commands name the trouble of the database before they say what it answered.
func TestCommandsNameTheTrouble(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	nowhere := strings.Replace(db.AppURL, "/console?", "/nowhere?", 1)
	_, serving := open(t.Context(), config{databaseURL: nowhere, keyFile: db.KeyFile})
	_, migrating := store.Migrate(t.Context(), nowhere)
	for what, err := range map[string]error{"serve": serving, "migrate": migrating} {
		if err == nil || !strings.HasPrefix(inWords(err), store.ShutOff.Text()+"\n") {
			t.Errorf("%s: %v", what, err)
		}
	}
}
