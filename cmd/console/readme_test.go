package main

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// readmeExample is the block of commands in README.md that uses the API.
func readmeExample(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for part := range strings.SplitSeq(string(text), "```sh\n") {
		if block, _, _ := strings.Cut(part, "```"); strings.Contains(block, "/api/v1/") {
			return block
		}
	}
	t.Fatal("README.md has no example of the API")
	return ""
}

// TestReadmeExample runs what README.md says about the API, as it stands there,
// beside a trial.
func TestReadmeExample(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	file := startProgram(t, dir, nil, "dev").ready()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	var send func(address string, form url.Values)
	send = func(address string, form url.Values) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, file.URL+address,
			strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", file.URL)
		answer, err := (&http.Client{Jar: jar}).Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		waits := regexp.MustCompile(`name="proof" value="([^"]+)"`).FindSubmatch(body)
		if answer.StatusCode == http.StatusForbidden && waits != nil { // for a second factor
			send(address+"?proof=1", url.Values{"proof": {string(waits[1])}, "code": {trialCode(t, file)}})
			return
		}
		if answer.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s", address, answer.Status)
		}
	}
	nine := url.Values{}
	for name, value := range file.Sandbox {
		nine.Set(name, value)
	}
	send("/signin", url.Values{"email": {file.Email}, "password": {file.Password}})
	send("/signin/factor/code", url.Values{"code": {trialCode(t, file)}})
	send("/w/northwind-managed-it/integration", nine)
	send("/w/northwind-managed-it/integration/accounts/organizations", url.Values{})
	for _, want := range []string{`"replayed":false`, `"replayed":true`} {
		shell := exec.CommandContext(t.Context(), "sh", "-eu", "-c", readmeExample(t))
		shell.Dir = dir
		out, err := shell.CombinedOutput()
		if err != nil {
			t.Fatalf("%v:\n%s", err, out)
		}
		for _, words := range []string{`"items":[{"slug":`,
			`"run_id":"5f7c1c1e-8f2e-4c0b-9d3a-0c5b7e1a2d41","state":"applied"`, want} {
			if !strings.Contains(string(out), words) {
				t.Errorf("the example does not say %s:\n%s", words, out)
			}
		}
	}
}
