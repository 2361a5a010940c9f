package apiserver

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// source is the directory of the module that is built.
func source() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "controlplane")
}

// program is where the control plane is kept that this source makes: outside of
// the repository, by a digest of what goes into it.
func program() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	for _, name := range []string{"go.mod", "go.sum", "main.go"} {
		data, err := os.ReadFile(filepath.Join(source(), name))
		if err != nil {
			return "", err
		}
		sum.Write(data)
	}
	return filepath.Join(cache, "weir-tests", "controlplane-"+hex.EncodeToString(sum.Sum(nil)[:8])), nil
}

// Build makes the control plane, unless it is there already, and returns its
// path. It takes minutes, and a compiler.
func Build() (string, error) {
	path, err := program()
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", err
	}
	version, err := exec.Command("go", "list", "-C", source(), "-m", "-f", "{{.Version}}", "k8s.io/kubernetes").Output()
	if err != nil {
		return "", fmt.Errorf("which Kubernetes is it? %w", err)
	}
	v := strings.TrimSpace(string(version)) // clients refuse a server without one
	numbers := strings.Split(strings.TrimPrefix(v, "v"), ".")
	const at = "k8s.io/component-base/version."
	build := exec.Command("go", "build", "-C", source(), "-buildvcs=false",
		"-ldflags", fmt.Sprintf("-s -w -X %[1]sgitVersion=%[2]s -X %[1]sgitMajor=%[3]s -X %[1]sgitMinor=%[4]s", at, v, numbers[0], numbers[1]),
		"-o", path+".new", ".")
	build.Env = append(os.Environ(), "GOWORK=off")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return "", fmt.Errorf("build the control plane: %w", err)
	}
	return path, os.Rename(path+".new", path)
}
