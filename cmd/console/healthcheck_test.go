package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"duodesk/internal/duo/duosim"
)

func TestHealthcheck(t *testing.T) {
	t.Parallel()
	status := func(code int) string {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/readyz" {
				w.WriteHeader(code)
			}
		}))
		t.Cleanup(server.Close)
		return server.Listener.Addr().String()
	}
	gone := httptest.NewServer(nil)
	gone.Close()
	for name, test := range map[string]struct{ address, fault string }{
		"ready":     {status(http.StatusOK), ""},
		"not ready": {status(http.StatusServiceUnavailable), "503"},
		"moved":     {status(http.StatusFound), "302"},
		"gone":      {gone.Listener.Addr().String(), "refused"},
	} {
		p := startProgram(t, t.TempDir(), []string{"ADDR=" + test.address, "HTTP_PROXY=http://127.0.0.1:1"},
			"healthcheck")
		p.ends()
		if healthy := p.cmd.ProcessState.ExitCode() == 0; healthy != (test.fault == "") ||
			!strings.Contains(p.out.String(), test.fault) {
			t.Errorf("%s: healthy %v: %s", name, healthy, p.out.String())
		}
	}
	server, err := startSimulator(t.Context(), "127.0.0.1:0", duosim.Options{Estate: duosim.EstateEmpty},
		duosim.ListenOptions{CADir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	go server.Serve()
	t.Cleanup(func() { server.Close(t.Context()) })
	ping := "https://" + server.Ready().Address + "/auth/v2/ping"
	if err := healthcheckCommand(t.Context(), []string{"--ca", server.Ready().CAFile, ping}, io.Discard); err != nil {
		t.Error(err)
	}
	if err := healthcheckCommand(t.Context(), []string{ping}, io.Discard); err == nil {
		t.Error("an unknown authority is trusted")
	}
}

func TestDialable(t *testing.T) {
	t.Parallel()
	for listen, dial := range map[string]string{
		"127.0.0.1:8080": "127.0.0.1:8080", "0.0.0.0:8080": "127.0.0.1:8080", ":8080": "127.0.0.1:8080",
		"[::]:8080": "[::1]:8080", "10.0.0.7:80": "10.0.0.7:80", "desk.example:80": "desk.example:80",
	} {
		if got := dialable(listen); got != dial {
			t.Errorf("%s: %s", listen, got)
		}
	}
}
