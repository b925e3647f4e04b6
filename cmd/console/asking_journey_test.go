package main

import (
	"testing"
	"time"

	"duodesk/internal/duo/duosim"
)

// Duo takes its time: the page is there and says so, and what it is about takes the
// note's place, with a script and without.
func TestAskingDuo(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]pageOptions{
		"script":    {Width: 1366, Height: 768},
		"no-script": {Width: 390, Height: 844, Dark: true, NoJS: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := startDesk(t)
			d.connect()
			p := newPage(t, options)
			d.signIn(p)
			p.open(d.organization(dental) + "/runs")
			d.sim.SetFault("api-5e6f7a8b.duosim.localhost",
				duosim.Fault{Kind: duosim.Slow, Delay: 3 * time.Second, Times: 1})
			p.click(".tabs a[href$='/users']")
			const shown = `getComputedStyle(document.querySelector(".asking")).display`
			p.waitText("main", "Asking Duo…")
			if got := evaluate[string](p,
				shown+` + " " + document.querySelectorAll("#list").length`); got != "block 0" {
				p.fatalf("while Duo is asked: %s", got)
			}
			p.snap(name + "-asking")
			p.waitText("#list", "amara.okonkwo")
			if got := evaluate[string](p, shown+` + " " + document.title.split(" ")[0]`); got != "none Users" {
				p.fatalf("when the list has come: %s", got)
			}
			p.look(name + "-asked")
		})
	}
}
