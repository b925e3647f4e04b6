package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/duosim"
	"duodesk/internal/store"
)

// write is one change that an operator asks for, with its own object in Duo.
type write struct {
	id     uuid.UUID
	org    store.Organization
	action string
	fields map[string]any
	made   func(duosim.Effect) bool // whether an effect in Duo is this one
	answer string                   // the state that was answered; empty: none
	said   string
}

// call sends one request of a program; status 0 says that there was no answer.
func (h *kills) call(address, method, path string, body any) (status int, answer []byte) {
	text, err := json.Marshal(body)
	if err != nil {
		h.t.Fatal(err)
	}
	r, err := http.NewRequest(method, "http://"+address+path, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	if body != nil {
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
	}
	r.Header.Set("Authorization", "Bearer "+h.token)
	r.Header.Set("Content-Type", "application/json")
	// A connection of its own, and never a second time: the transport would.
	transport := &http.Transport{DisableKeepAlives: true}
	got, err := transport.RoundTrip(r)
	if err != nil {
		return 0, nil
	}
	defer got.Body.Close()
	if answer, err = io.ReadAll(got.Body); err != nil {
		return 0, nil
	}
	return got.StatusCode, answer
}

// round lets everybody write at once, one account each, while something dies.
func (h *kills) round(fault func() duosim.Fault, die func()) {
	h.t.Helper()
	before := h.runCount()
	var working sync.WaitGroup
	for _, org := range h.orgs {
		h.sim.SetFault(org.AccountID, fault())
		w := h.nextWrite(org, len(h.writes))
		working.Go(func() { h.carryOut(w) })
		h.mu.Lock()
		h.writes = append(h.writes, w)
		h.mu.Unlock()
	}
	h.awaitRuns(before + rand.IntN(len(h.orgs)))
	die()
	working.Wait()
}

func (h *kills) runCount() (n int) {
	h.t.Helper()
	conn := h.db.Superuser(h.t)
	defer conn.Close(context.Background())
	if err := conn.QueryRow(h.t.Context(), `select count(*) from run`).Scan(&n); err != nil {
		h.t.Fatal(err)
	}
	return n
}

// awaitRuns waits until more than n runs are on record.
func (h *kills) awaitRuns(n int) {
	h.t.Helper()
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	for limit := time.After(20 * time.Second); h.runCount() <= n; {
		select {
		case <-poll.C:
		case <-limit:
			h.t.Fatal("nobody works")
		}
	}
}

// carryOut asks for a write until it is answered, as a person does who sends the
// form once more: always under the same id.
func (h *kills) carryOut(w *write) {
	path := "/api/v1/w/" + h.ws.Slug + "/o/" + w.org.Slug + "/actions/" + w.action
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for began := time.Now(); time.Since(began) < time.Minute; <-again.C {
		status, body := h.call(h.at, http.MethodPost, path, map[string]any{"run_id": w.id, "fields": w.fields})
		if status == 0 || status == http.StatusServiceUnavailable || status == http.StatusInternalServerError ||
			status == http.StatusTooManyRequests && !strings.Contains(string(body), "duo_busy") {
			continue
		}
		var a struct{ State, Summary, Detail string }
		if err := json.Unmarshal(body, &a); err != nil || a.State == "" {
			h.t.Errorf("%s is answered with %d: %s", w.action, status, body)
		}
		w.answer, w.said = a.State, a.Summary+a.Detail
		return
	}
	h.t.Errorf("%s was never answered", w.action)
}

// nextWrite makes the n-th change, on an object of its own.
func (h *kills) nextWrite(org store.Organization, n int) *write {
	name := fmt.Sprintf("user%04d", n)
	w := &write{id: uuid.New(), org: org}
	path := func(ends string) func(duosim.Effect) bool {
		return func(e duosim.Effect) bool { return strings.HasSuffix(e.Path, ends) }
	}
	user := func() string { return h.sim.AddUser(org.AccountID, duosim.UserSpec{Username: name}) }
	switch n % 20 {
	case 0, 1, 2, 3, 4, 5:
		w.action, w.fields = "create-user", map[string]any{"username": name, "realname": "Full " + name}
		w.made = func(e duosim.Effect) bool { return e.Parameters["username"] == name }
	case 6, 7, 8, 9, 10:
		id := user()
		w.action, w.fields, w.made = "update-user", map[string]any{"user_id": id, "realname": "Changed", "notes": "n"},
			path("/users/"+id)
	case 11, 12, 13:
		id := user()
		w.action, w.fields = "delete-user", map[string]any{"user_id": id}
		w.made = func(e duosim.Effect) bool { return strings.Contains(e.Parameters["user_id_list"], id) }
	case 14, 15, 16:
		id := user()
		phone := h.sim.AddPhone(org.AccountID, duosim.PhoneSpec{Number: "+1202555" + strconv.Itoa(10_000 + n)[1:],
			Type: "Mobile"})
		w.action, w.fields, w.made = "assign-phone-to-user", map[string]any{"user_id": id, "phone_id": phone},
			path("/users/"+id+"/phones")
	case 17, 18:
		w.action, w.fields = "create-phone", map[string]any{"number": "+1202556" + strconv.Itoa(10_000 + n)[1:]}
		w.made = func(e duosim.Effect) bool { return e.Parameters["number"] == w.fields["number"] }
	case 19:
		id := user()
		w.action, w.fields, w.made = "create-bypass-code-for-user", map[string]any{"user_id": id},
			path("/users/"+id+"/bypass_codes")
	}
	return w
}

// fewFaults makes one of five writes late, so that kills find them at work.
func (h *kills) fewFaults() duosim.Fault {
	if rand.IntN(5) == 0 {
		return duosim.Fault{Kind: duosim.Slow, Delay: 200 * time.Millisecond, WritesOnly: true, Times: 1}
	}
	return duosim.Fault{}
}
