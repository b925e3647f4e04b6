package devpg

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// account is who runs the server: the caller, or another user where the caller is root, which PostgreSQL refuses.
type account struct {
	uid, gid uint32
	switched bool // true when this process must drop root to become it
}

// chooseAccount picks the account. Root becomes the owner of the data that an earlier run made, else the
// user behind sudo, else the system's postgres, else nobody.
func chooseAccount(dataOwner uint32) (account, error) {
	if os.Geteuid() != 0 {
		return account{uid: uint32(os.Geteuid()), gid: uint32(os.Getegid())}, nil
	}
	var known []*user.User
	if dataOwner != 0 {
		if u, err := user.LookupId(strconv.FormatUint(uint64(dataOwner), 10)); err == nil {
			known = append(known, u)
		}
	}
	for _, name := range []string{os.Getenv("SUDO_USER"), "postgres", "nobody"} {
		if u, err := user.Lookup(name); name != "" && err == nil {
			known = append(known, u)
		}
	}
	for _, u := range known {
		uid, uidErr := strconv.ParseUint(u.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(u.Gid, 10, 32)
		if uidErr == nil && gidErr == nil && uid != 0 {
			return account{uid: uint32(uid), gid: uint32(gid), switched: true}, nil
		}
	}
	return account{},
		errors.New(
			"PostgreSQL does not run as root, and the machine has no user postgres or nobody: run as an ordinary user")
}

// command prepares a command that runs as the account, with an environment that holds nothing of the caller's.
func (a account) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
	if a.switched {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: a.uid, Gid: a.gid}}
	}
	return cmd
}

// canEnter reports whether the account can reach the directory through all of its parents.
func (a account) canEnter(dir string) bool {
	return !a.switched || a.command(context.Background(), "/bin/sh", "-c", `cd "$0"`, dir).Run() == nil
}

// makePrivateDir creates a directory that only the account (and root) can enter, or accepts it when it exists and is
// just that.
func (a account) makePrivateDir(dir string) error {
	err := os.Mkdir(dir, 0o700)
	if err == nil && a.switched {
		err = os.Chown(dir, int(a.uid), int(a.gid))
	}
	if !errors.Is(err, os.ErrExist) {
		return err
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if !info.IsDir() || info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("%s is not a private directory: remove it", dir)
	}
	return a.mustOwn(dir, info)
}

func (a account) mustOwn(dir string, info os.FileInfo) error {
	if owner := ownerOf(info); owner != a.uid {
		return fmt.Errorf("%s belongs to user id %d and the server would run as %d: "+
			"run as in the earlier run (as root?), or `make reset` as then", dir, owner, a.uid)
	}
	return nil
}

func ownerOf(info os.FileInfo) uint32 {
	return info.Sys().(*syscall.Stat_t).Uid
}
