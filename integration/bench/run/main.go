// Command run is `make bench`: it builds weir and the baseline, generates
// projects, and prints ratios that are all measured here and now, on two cores.
// Absolute times say more about the machine than about Weir.
package main

import (
	"flag"
	"fmt"
	"io/fs"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/weir-dev/weir/integration/bench"
)

func main() {
	var m measurement
	flag.IntVar(&m.cold.Releases, "releases", 100, "releases of the cold project; 0 leaves it out")
	flag.IntVar(&m.cold.Environments, "environments", 3, "environments of the cold project")
	flag.IntVar(&m.large.Releases, "large-releases", 1000, "releases of the large project; 0 leaves it out")
	flag.IntVar(&m.large.Environments, "large-environments", 5, "environments of the large project")
	flag.IntVar(&m.rounds, "rounds", 3, "how often each time is taken; the best counts")
	flag.Parse()

	dir, err := os.MkdirTemp("", "weir-bench-")
	if err != nil {
		log.Fatal(err)
	}
	m.dir = dir
	err = m.run()
	if failed := os.RemoveAll(dir); err == nil {
		err = failed
	}
	if err != nil {
		log.Fatal(err)
	}
}

type measurement struct {
	cold, large bench.Shape
	rounds      int
	dir         string // everything is written below it
}

func (m *measurement) run() error {
	for name, source := range map[string]string{"weir": "./cmd/weir", "baseline": "./integration/bench/baseline"} {
		if out, err := exec.Command("go", "build", "-o", filepath.Join(m.dir, name), source).CombinedOutput(); err != nil {
			return fmt.Errorf("build %s: %w\n%s", name, err, out)
		}
	}
	if m.cold.Releases > 0 {
		if err := m.measureCold(); err != nil {
			return err
		}
	}
	if err := m.measureCompare(); err != nil {
		return err
	}
	if err := m.measureState(); err != nil {
		return err
	}
	if m.large.Releases == 0 {
		return nil
	}
	return m.measureLarge()
}

// measureCold compares plain files from nothing: the SDK's loop, Weir, and Weir
// with kustomize steps for every release.
func (m *measurement) measureCold() error {
	plain, kustomize := m.cold, m.cold
	kustomize.Kustomize = true
	if err := m.generate(map[string]bench.Shape{"cold": plain, "kustomize": kustomize}); err != nil {
		return err
	}
	var sdk, weir, steps sample
	for range m.rounds { // in turn, so that a slow minute of the machine hits all
		if err := sdk.take(m.fresh("out"), func() (sample, error) {
			return m.exec("baseline", "-dir", m.path("cold"), "-out", m.path("out"))
		}); err != nil {
			return err
		}
		for project, best := range map[string]*sample{"cold": &weir, "kustomize": &steps} {
			if err := best.take(m.fresh("out", "cache"), func() (sample, error) {
				return m.exec("weir", "-C", m.path(project), "--jobs=2", "-q", "hydrate", "--out", m.path("out"))
			}); err != nil {
				return err
			}
		}
	}
	fmt.Printf("cold hydrate to plain files, %d releases × %d environments, best of %d\n", plain.Releases, plain.Environments, m.rounds)
	fmt.Printf("  Helm SDK, bare loop          %s\n", sdk)
	fmt.Printf("  weir                         %s  = %.2f × the SDK (target 0.50)\n", weir, ratio(weir, sdk))
	fmt.Printf("  weir, kustomize everywhere   %s  = %.2f × weir without\n\n", steps, ratio(steps, weir))
	if err := m.measureLock(); err != nil {
		return err
	}
	return m.fresh("out", "cache", "cold", "kustomize")()
}

// measureLarge compares runs on embedded state: from nothing, with nothing to
// do, and with one value of one release changed.
func (m *measurement) measureLarge() error {
	if err := m.generate(map[string]bench.Shape{"large": m.large}); err != nil {
		return err
	}
	hydrate := func() (sample, error) { return m.exec("weir", "-C", m.path("large"), "--jobs=2", "-q", "hydrate") }
	var cold, again, changed, version sample
	if err := cold.take(m.fresh("cache"), hydrate); err != nil {
		return err
	}
	nothing := func() error { return nil }
	if err := again.take(nothing, hydrate); err != nil { // warms the page cache
		return err
	}
	again = sample{}
	for round := range m.rounds {
		if err := version.take(nothing, func() (sample, error) { return m.exec("weir", "version") }); err != nil {
			return err
		}
		if err := again.take(nothing, hydrate); err != nil {
			return err
		}
		if err := changed.take(func() error { return m.change(round) }, hydrate); err != nil {
			return err
		}
	}
	count, size, err := treeSize(m.path("large/state"))
	if err != nil {
		return err
	}
	work := again.wall - version.wall
	fmt.Printf("hydrate to state repositories, %d releases × %d environments: %d files, %d MB\n", m.large.Releases, m.large.Environments, count, size>>20)
	fmt.Printf("  cold                         %s\n", cold)
	fmt.Printf("  nothing changed              %s  less %v for `weir version` = %.1f %% of cold (target 3)\n",
		again, version.wall.Round(time.Millisecond), 100*work.Seconds()/cold.wall.Seconds())
	more := changed.wall - again.wall
	fmt.Printf("  one value of one release     %s  = %+.1f %% of nothing changed (target 2), %+.2f %% of cold\n",
		changed, 100*more.Seconds()/again.wall.Seconds(), 100*more.Seconds()/cold.wall.Seconds())
	fmt.Printf("  peak memory                  %d MiB (target < 1024)\n", max(cold.memory, again.memory, changed.memory)>>20)
	return m.measureDiff()
}

// measureDiff compares the large project with one changed values file with its
// last commit, and for that times hydrations that have nothing to do.
func (m *measurement) measureDiff() error {
	if err := os.WriteFile(m.path("large/.gitignore"), []byte("state\n"), 0o644); err != nil {
		return err
	}
	for _, arguments := range [][]string{{"init", "-q"}, {"add", "."}, {"-c", "user.name=bench", "-c", "user.email=bench@bench.example", "commit", "-q", "-m", "bench"}} {
		if out, err := exec.Command("git", append([]string{"-C", m.path("large")}, arguments...)...).CombinedOutput(); err != nil {
			return fmt.Errorf("git %s: %w\n%s", arguments[0], err, out)
		}
	}
	hydrate := func() (sample, error) { return m.exec("weir", "-C", m.path("large"), "--jobs=2", "-q", "hydrate") }
	compare := func() (sample, error) {
		return m.exec("weir", "-C", m.path("large"), "--jobs=2", "-q", "diff", "--base", "HEAD", "--fail-on", "block")
	}
	nothing := func() error { return nil }
	if _, err := hydrate(); err != nil {
		return err
	}
	var version, again, diff sample
	for range m.rounds {
		if err := m.change(50); err != nil {
			return err
		}
		for _, one := range []struct {
			best *sample
			run  func() (sample, error)
		}{{&version, func() (sample, error) { return m.exec("weir", "version") }}, {&diff, compare}} {
			if err := one.best.take(nothing, one.run); err != nil {
				return err
			}
		}
		if _, err := hydrate(); err != nil { // what changed
			return err
		}
		if err := again.take(nothing, hydrate); err != nil {
			return err
		}
	}
	fmt.Printf("one changed values file against the last commit, %d releases × %d environments\n", m.large.Releases, m.large.Environments)
	fmt.Printf("  hydrate, nothing to do       %s\n", again)
	fmt.Printf("  diff --base HEAD             %s  = %.2f × that, less %v for `weir version` (target 2)\n",
		diff, (diff.wall-version.wall).Seconds()/(again.wall-version.wall).Seconds(), version.wall.Round(time.Millisecond))
	return nil
}

func (m *measurement) generate(projects map[string]bench.Shape) error {
	for name, shape := range projects {
		if err := bench.Generate(m.path(name), shape); err != nil {
			return fmt.Errorf("generate %s: %w", name, err)
		}
	}
	return nil
}

// change gives one release other values than any round before.
func (m *measurement) change(round int) error {
	path := m.path("large/values/r0001.yaml")
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	const key = "terminationGracePeriodSeconds: "
	text, _, _ := strings.Cut(string(data), key)
	return os.WriteFile(path, []byte(text+key+strconv.Itoa(50+round)+"\n"), 0o644)
}

func (m *measurement) path(name string) string { return filepath.Join(m.dir, filepath.FromSlash(name)) }

// fresh returns a step that removes what an earlier run has left.
func (m *measurement) fresh(names ...string) func() error {
	return func() error {
		for _, name := range names {
			if err := os.RemoveAll(m.path(name)); err != nil {
				return err
			}
		}
		return nil
	}
}

// exec runs one of the built commands on two cores and measures it from outside.
func (m *measurement) exec(name string, arguments ...string) (sample, error) {
	command := exec.Command(m.path(name), arguments...)
	command.Env = append(os.Environ(), "GOMAXPROCS=2", "XDG_CACHE_HOME="+m.path("cache"), "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=bench", "GIT_AUTHOR_EMAIL=bench@bench.example", "GIT_COMMITTER_NAME=bench", "GIT_COMMITTER_EMAIL=bench@bench.example")
	start := time.Now()
	if out, err := command.CombinedOutput(); err != nil {
		return sample{}, fmt.Errorf("%s %s: %w\n%s", name, strings.Join(arguments, " "), err, out)
	}
	taken := sample{wall: time.Since(start), cpu: command.ProcessState.UserTime() + command.ProcessState.SystemTime()}
	if usage, ok := command.ProcessState.SysUsage().(*syscall.Rusage); ok {
		taken.memory = int64(usage.Maxrss) << 10 // Linux counts in KiB
	}
	return taken, nil
}

// sample is one run of a command, or the best of several.
type sample struct {
	wall, cpu time.Duration
	memory    int64 // bytes, at its peak
}

// take prepares and runs once more; the shorter time stays, and the larger memory.
func (s *sample) take(prepare func() error, run func() (sample, error)) error {
	if err := prepare(); err != nil {
		return err
	}
	next, err := run()
	if err != nil {
		return err
	}
	peak := max(s.memory, next.memory)
	if s.wall == 0 || next.wall < s.wall {
		*s = next
	}
	s.memory = peak
	return nil
}

func (s sample) String() string {
	return fmt.Sprintf("%7.2f s (cpu %6.2f s, %4d MiB)", s.wall.Seconds(), s.cpu.Seconds(), s.memory>>20)
}

func ratio(a, b sample) float64 { return a.wall.Seconds() / b.wall.Seconds() }

// treeSize counts the files below dir and their bytes, Git's own left out.
func treeSize(dir string) (count int, size int64, err error) {
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && entry.Name() == ".git":
			return fs.SkipDir
		case entry.IsDir():
			return nil
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		count++
		size += info.Size()
		return nil
	})
	return count, size, err
}
