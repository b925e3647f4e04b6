package main

import (
	"strings"
	"testing"

	"duodesk/internal/duo/duosim"
)

// TestCopyTwice: a copy button that is pressed again while it says what it did gets its own
// label back.
func TestCopyTwice(t *testing.T) {
	t.Parallel()
	d := startDesk(t)
	d.connect()
	user := d.sim.AddUser(d.dental(t), duosim.UserSpec{Username: "green", Realname: "Greta Green"})
	p := newPage(t, pageOptions{})
	d.signIn(p)
	p.open(d.organization(dental) + "/users/" + user)
	// The script's timers are kept, and end when the test says so.
	said := evaluate[[]string](p, `(async () => {
		const button = document.querySelector("main button[data-copy]"), label = () => button.firstChild.data, timers = [];
		const later = setTimeout;
		setTimeout = (end) => timers.push(end);
		const said = [label()];
		for (let pressed = 1; pressed <= 2; pressed++) {
			button.click();
			while (timers.length < pressed) await new Promise((go) => later(go, 1));
			said.push(label());
		}
		for (const end of timers) end();
		setTimeout = later;
		return [...said, label()];
	})()`)
	if said[1] == said[0] || said[2] != said[1] || said[3] != said[0] || !strings.Contains(said[0], "Copy") {
		t.Errorf("the button says, one after the other: %q", said)
	}
}
