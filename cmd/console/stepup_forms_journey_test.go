package main

import (
	"testing"
)

// A row of a table that is saved by itself waits for a passkey: the page that asks takes the
// place of the table, and has the passkey's button in sight and in focus.
func TestRowWaitsForPasskey(t *testing.T) {
	t.Parallel()
	d := startDeskAt(t, "localhost")
	d.connect()
	p := newPage(t, pageOptions{Width: 390, Height: 844})
	d.hasPasskey(p)
	p.open(d.home + "/integration#mapping")
	d.db.Exec(t, `update session set factor_at = factor_at - interval '1 hour' where operator_id = $1`, d.owner.ID)
	p.fill("[name^='directory_key.']", "DS2ACAGGQBNC95H3U4QS")
	p.click("td.row-acts button")
	p.waitText("main", "Confirm that it is you")
	p.snap("stepup-row")
	p.fitsWidth()
	p.usesPasskey("takes a second factor that was used in the last 10 minutes")
	p.contains("1 of 24 with a directory key")
}
