package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func readHere(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("../../" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The files that people deploy by must not speak of settings that do not exist:
// serve would refuse to start.
func TestDeployedSettingsAreKnown(t *testing.T) {
	t.Parallel()
	known := append(slices.Clone(knownSettings), "DATABASE_URL", "ADDR")
	setting := regexp.MustCompile(`\bCONSOLE_[A-Z0-9_]+`)
	for _, name := range []string{"docker-compose.yml", "Dockerfile", "deploy/duodesk.service", "deploy/secrets.sh",
		"docs/proxy.md", "docs/backup.md", "README.md"} {
		for _, used := range setting.FindAllString(readHere(t, name), -1) {
			if !slices.Contains(known, used) {
				t.Errorf("%s names %s, which is not a setting", name, used)
			}
		}
	}
	// What the compose file sets, whatever its prefix.
	set := regexp.MustCompile(`(?m)^      ([A-Z][A-Z0-9_]+):`).FindAllStringSubmatch(readHere(t,
		"docker-compose.yml"), -1)
	if len(set) < 8 {
		t.Fatalf("only %d settings were found in docker-compose.yml", len(set))
	}
	for _, s := range set {
		if !strings.HasPrefix(s[1], "POSTGRES_") && !slices.Contains(known, s[1]) {
			t.Errorf("docker-compose.yml sets %s, which nothing reads", s[1])
		}
	}
	// Of the locale C alone initdb makes SQL_ASCII, and refuses it for the builtin provider.
	if !strings.Contains(readHere(t, "docker-compose.yml"), "--encoding=UTF8") {
		t.Error("the database of docker-compose.yml would not be made")
	}
	// An empty value is none: compose passes on what its user did not set.
	if _, err := readConfig([]string{"DATABASE_URL=postgres://127.0.0.1/x", "CONSOLE_KEY_FILE=x",
		"CONSOLE_SANDBOX_ADDRESS=", "CONSOLE_SANDBOX_CA_FILE=", "CONSOLE_TRUSTED_PROXIES="}); err != nil {
		t.Error(err)
	}
}

// The image is built with the Go that the module asks for, and its versions
// stand still.
func TestImageVersions(t *testing.T) {
	t.Parallel()
	asked := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(readHere(t, "go.mod"))
	dockerfile := readHere(t, "Dockerfile")
	built := regexp.MustCompile(`(?m)^FROM golang:(\d+\.\d+)\.\d+-`).FindStringSubmatch(dockerfile)
	if asked == nil || built == nil || asked[1] != built[1] {
		t.Errorf("go.mod asks for %v, the Dockerfile builds with %v", asked, built)
	}
	images := regexp.MustCompile(`(?m)^(?:FROM|\s+image:) (\S+)`).FindAllStringSubmatch(dockerfile+
		readHere(t, "docker-compose.yml"), -1)
	for _, i := range images {
		if ours := i[1] == "scratch" || i[1] == "duodesk:local"; !ours &&
			!regexp.MustCompile(`:\d+\.\d+(\.\d+)?-[a-z-]+@sha256:[0-9a-f]{64}$`).MatchString(i[1]) {
			t.Errorf("the image %s is not pinned to a version and its digest", i[1])
		}
	}
	if len(images) < 4 {
		t.Errorf("only %d images were found", len(images))
	}
}
