package devpg

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const temporaryPrefix = "duodesk-postgres-test-"

// maxSocketDir is how long the socket's directory may be: macOS allows 103 bytes for the path, Linux 107.
const maxSocketDir = 103 - len("/.s.PGSQL."+socketPort)

// state is where one server keeps its files, held by a lock for as long as the server may run. The kernel
// frees the lock with the process that holds it, so that it can never be stale.
type state struct {
	lock      *os.File
	dir       string // holds the cluster and the server's log
	socketDir string
	account   account
	temporary bool
}

func openState(dir string, log *slog.Logger) (_ *state, err error) {
	if dir == "" {
		return openTemporaryState()
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o711); err != nil {
		return nil, err
	}
	st := &state{}
	if st.lock, err = lockDir(dir); err != nil {
		return nil, err
	}
	if err := st.place(dir, log); err != nil {
		return nil, errors.Join(err, st.close())
	}
	return st, nil
}

// place chooses the account and the directories. Data that the account cannot reach, because the
// checkout is in root's home, goes to a folder under /var/tmp that belongs to this checkout.
func (st *state) place(dir string, log *slog.Logger) (err error) {
	st.dir = dir
	if st.account, err = chooseAccount(dataOwner(dir, remoteDir(dir))); err != nil {
		return err
	}
	if !st.account.canEnter(dir) {
		st.dir = remoteDir(dir)
		if err := makeRootDir(st.dir); err != nil {
			return err
		}
		log.Info("the database is kept outside of the checkout, which its account cannot enter", "data", st.dir)
	}
	st.socketDir = filepath.Join(st.dir, "run")
	if len(st.socketDir) > maxSocketDir {
		st.socketDir = shortSocketDir(dir)
	}
	return st.account.makePrivateDir(st.socketDir)
}

// openTemporaryState takes the first temporary folder that the account can enter and whose path is short enough for a
// socket.
func openTemporaryState() (_ *state, err error) {
	st := &state{temporary: true}
	if st.account, err = chooseAccount(0); err != nil {
		return nil, err
	}
	for _, parent := range []string{os.TempDir(), "/tmp", "/var/tmp"} {
		removeAbandoned(parent)
		st.dir, err = os.MkdirTemp(parent, temporaryPrefix)
		if err != nil {
			continue
		}
		st.socketDir = filepath.Join(st.dir, "run")
		// 0711 lets the account through to its own folders inside.
		if err = os.Chmod(st.dir, 0o711); err == nil && st.account.canEnter(st.dir) &&
			len(st.socketDir) <= maxSocketDir {
			if st.lock, err = lockDir(st.dir); err == nil {
				err = st.account.makePrivateDir(st.socketDir)
			}
			if err != nil {
				return nil, errors.Join(err, st.close())
			}
			return st, nil
		}
		err = errors.Join(err, os.RemoveAll(st.dir))
	}
	return nil, errors.Join(errors.New("no temporary folder can hold a database (set TMPDIR)"), err)
}

func (st *state) close() error {
	var err error
	if st.temporary && st.dir != "" {
		err = os.RemoveAll(st.dir)
	}
	if st.lock != nil {
		// Closing alone is not enough: a process that is just being started
		// still has a copy of the file, and with it the lock.
		_ = syscall.Flock(int(st.lock.Fd()), syscall.LOCK_UN)
		if closeErr := st.lock.Close(); !errors.Is(closeErr, os.ErrClosed) {
			err = errors.Join(err, closeErr)
		}
	}
	return err
}

// Remove deletes a state directory with all data, also what was kept outside of it. It returns [ErrInUse] while a
// server runs on it.
func Remove(dir string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
		return errors.Join(os.RemoveAll(remoteDir(dir)), os.RemoveAll(shortSocketDir(dir)))
	}
	lock, err := lockDir(dir)
	if err != nil {
		return err
	}
	defer lock.Close()
	return errors.Join(os.RemoveAll(remoteDir(dir)), os.RemoveAll(shortSocketDir(dir)), os.RemoveAll(dir))
}

// remoteDir is where the data of a state directory goes that the server's account cannot enter.
func remoteDir(dir string) string { return "/var/tmp/duodesk-postgres-" + fingerprint(dir) }

// shortSocketDir replaces a socket directory whose path is too long.
func shortSocketDir(dir string) string { return "/tmp/duodesk-socket-" + fingerprint(dir) }

func fingerprint(path string) string {
	sum := sha256.Sum256([]byte(path))
	return hex.EncodeToString(sum[:6])
}

// makeRootDir makes a directory of this process's own in a folder that everybody may write to.
func makeRootDir(dir string) error {
	err := os.Mkdir(dir, 0o711)
	if err == nil {
		return os.Chmod(dir, 0o711) // whatever the umask was
	}
	if info, statErr := os.Lstat(dir); statErr == nil && info.IsDir() && int(ownerOf(info)) == os.Geteuid() {
		return nil
	}
	return fmt.Errorf("%s is not ours: remove it (%w)", dir, err)
}

// dataOwner is the account that owns a cluster in one of the directories, 0 when there is none.
func dataOwner(dirs ...string) uint32 {
	for _, dir := range dirs {
		clusters, _ := filepath.Glob(filepath.Join(dir, "pg[0-9]*[0-9]"))
		for _, cluster := range clusters {
			if info, err := os.Lstat(cluster); err == nil {
				return ownerOf(info)
			}
		}
	}
	return 0
}

// lockDir takes the directory's lock, or says which process holds it.
func lockDir(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		holder, _ := io.ReadAll(f)
		return nil, errors.Join(fmt.Errorf("%w: process %s holds %s", ErrInUse, strings.TrimSpace(string(holder)),
			dir), f.Close())
	}
	if err := f.Truncate(0); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if _, err := f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// removeAbandoned deletes temporary servers' files of test runs that were killed. An hour spares those just being made.
func removeAbandoned(parent string) {
	dirs, _ := filepath.Glob(filepath.Join(parent, temporaryPrefix+"*"))
	for _, dir := range dirs {
		info, err := os.Lstat(dir)
		if err != nil || !info.IsDir() || int(ownerOf(info)) != os.Geteuid() || time.Since(info.ModTime()) < time.Hour {
			continue
		}
		if lock, err := lockDir(dir); err == nil {
			_ = os.RemoveAll(dir)
			_ = lock.Close()
		}
	}
}
