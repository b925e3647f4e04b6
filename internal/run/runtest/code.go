package runtest

import (
	"testing"
	"time"

	"duodesk/internal/run/factors"
	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
)

// Code is what an operator's authenticator app shows at a moment. It may be used although
// another was in the same half minute: tests sign in often. An operator without an app
// gets one.
func Code(t testing.TB, db storetest.DB, o store.Operator, at time.Time) string {
	t.Helper()
	db.Proved(t, o, at)
	db.Exec(t, `update factor set last_step = 0 where operator_id = $1`, o.ID)
	code, err := factors.Code(storetest.TOTPKey, at)
	if err != nil {
		t.Fatal(err)
	}
	return code
}
