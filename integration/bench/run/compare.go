package main

import (
	"fmt"
	"os/exec"
	"regexp"
)

// measureCompare has the benchmark of engine/diff compare two large sets.
func (m *measurement) measureCompare() error {
	command := exec.Command("go", "test", "-run", "^$", "-bench", "^BenchmarkCompare$", "-benchtime", fmt.Sprintf("%dx", m.rounds), "-cpu", "2", "./engine/diff")
	out, err := command.CombinedOutput()
	if err != nil {
		return fmt.Errorf("benchmark of engine/diff: %w\n%s", err, out)
	}
	measured := map[string]string{}
	for _, found := range regexp.MustCompile(`([\d.]+) (x-read|ms-compare)`).FindAllStringSubmatch(string(out), -1) {
		measured[found[2]] = found[1]
	}
	fmt.Printf("two sets of 10,000 objects, 1 %% changed\n")
	fmt.Printf("  read and compared            %s × reading alone (target 2); comparing takes %s ms\n\n", measured["x-read"], measured["ms-compare"])
	return nil
}
