package devpg

import (
	"context"
	"fmt"
	"log/slog"
	"os/exec"
	"runtime"
	"strings"
)

const (
	dockerImage = "postgres:16"
	dockerMajor = 16

	// containerPID is the server's process number inside of its container; outside it is init, which must never get a
	// signal.
	containerPID = 1
)

// fromDocker is the last resort. It is for Linux: elsewhere a container's Unix socket does not reach the host.
func fromDocker(ctx context.Context, _ *state, log *slog.Logger) (engine, error) {
	docker, err := exec.LookPath("docker")
	if err != nil || runtime.GOOS != "linux" {
		return engine{}, errAbsent
	}
	if out, err := exec.CommandContext(ctx, docker, "version", "--format",
		"{{.Server.Version}}").CombinedOutput(); err != nil {
		return engine{}, fmt.Errorf("%s", strings.TrimSpace(string(out)))
	}
	log.Info("no PostgreSQL server on this machine: using Docker", "image", dockerImage)
	return engine{source: "Docker image " + dockerImage, version: fmt.Sprint(dockerMajor), major: dockerMajor,
		image: dockerImage}, nil
}

// dockerCommand runs a program of the image on the same paths and as the same account as outside, without any network.
func dockerCommand(ctx context.Context, e engine, st *state, program string, args []string) *exec.Cmd {
	run := []string{
		"run", "--rm", "--network=none",
		fmt.Sprintf("--user=%d:%d", st.account.uid, st.account.gid),
		"--volume=/etc/passwd:/etc/passwd:ro", // initdb wants a name for its user id
		"--volume=" + st.dir + ":" + st.dir,
		"--volume=" + st.socketDir + ":" + st.socketDir,
		"--env=TZ=UTC", "--entrypoint=" + program, e.image,
	}
	return exec.CommandContext(ctx, "docker", append(run, args...)...)
}
