//go:build ignore

// Generate writes table.txt and schemas.txt from the OpenAPI files in the source
// archives of k8s.io/kubernetes, which it takes from the module cache or the
// module proxy:
//
//	go run generate/main.go generate/schemas.go -newest 37
package main

import (
	"archive/zip"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"log"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// oldest is the first minor in the table: 1.15 is the last one with
// Deployments in extensions/v1beta1.
const oldest = 14

type kind struct{ group, kind string }

type facts struct {
	namespaced bool
	served     map[string][]int // minors by version, ascending
}

// offSince are versions that the OpenAPI file has for some minors longer than
// an API server serves them without a flag; kept are kinds that stayed on.
// https://kubernetes.io/docs/reference/using-api/deprecation-guide/#v1-16
var (
	offSince = map[string]int{"extensions/v1beta1": 16, "apps/v1beta1": 16, "apps/v1beta2": 16}
	kept     = map[kind]bool{{"extensions", "Ingress"}: true}
)

func main() {
	newest := flag.Int("newest", 0, "newest minor of Kubernetes 1")
	flag.Parse()
	if *newest < oldest {
		log.Fatal("-newest is missing")
	}
	required, err := readRequired()
	if err != nil {
		log.Fatal(err)
	}
	table, types := map[kind]*facts{}, schemas{required, map[string]*structure{}}
	for minor := oldest; minor <= *newest; minor++ {
		data, err := openAPI(fmt.Sprintf("v1.%d.0", minor))
		if err == nil {
			err = add(table, data, minor)
		}
		if err == nil {
			err = types.add(data, minor, func(group, version, name string) bool {
				f := table[kind{group, name}]
				return f != nil && slices.Contains(f.served[version], minor)
			})
		}
		if err != nil {
			log.Fatalf("1.%d: %v", minor, err)
		}
	}
	for file, text := range map[string]string{"table.txt": format(table, *newest), "schemas.txt": types.format(*newest)} {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			log.Fatal(err)
		}
	}
}

// add reads the paths of one minor: a kind is what can be created or listed at
// a path that ends in its plural.
func add(table map[kind]*facts, data []byte, minor int) error {
	type operation struct {
		Action string                                `json:"x-kubernetes-action"`
		Kind   struct{ Group, Version, Kind string } `json:"x-kubernetes-group-version-kind"`
	}
	var spec struct {
		Paths map[string]struct{ Get, Post operation }
	}
	if err := json.Unmarshal(data, &spec); err != nil {
		return err
	}
	for path, operations := range spec.Paths {
		parts := strings.Split(strings.Trim(path, "/"), "/")
		switch parts[0] {
		case "api":
			if len(parts) < 3 {
				continue
			}
			parts = parts[2:] // api, v1
		case "apis":
			if len(parts) < 4 {
				continue
			}
			parts = parts[3:] // apis, group, version
		default:
			continue
		}
		namespaced := len(parts) == 3 && parts[0] == "namespaces" && parts[1] == "{namespace}"
		if len(parts) != 1 && !namespaced {
			continue
		}
		for _, op := range []operation{operations.Get, operations.Post} {
			if op.Kind.Kind == "" || op.Action != "list" && op.Action != "post" {
				continue
			}
			k := kind{op.Kind.Group, op.Kind.Kind}
			f := table[k]
			if f == nil {
				f = &facts{served: map[string][]int{}}
				table[k] = f
			}
			f.namespaced = f.namespaced || namespaced
			if from, off := offSince[op.Kind.Group+"/"+op.Kind.Version]; off && minor >= from && !kept[k] {
				continue
			}
			if minors := f.served[op.Kind.Version]; !slices.Contains(minors, minor) {
				f.served[op.Kind.Version] = append(minors, minor)
			}
		}
	}
	return nil
}

// openAPI takes the OpenAPI 2 file out of a release's source archive.
func openAPI(version string) ([]byte, error) {
	download := exec.Command("go", "mod", "download", "-json", "k8s.io/kubernetes@"+version)
	download.Dir = os.TempDir() // outside of any module
	out, err := download.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", download, err, out)
	}
	var module struct{ Zip string }
	if err := json.Unmarshal(out, &module); err != nil {
		return nil, err
	}
	archive, err := zip.OpenReader(module.Zip)
	if err != nil {
		return nil, err
	}
	defer archive.Close()
	return fs.ReadFile(archive, "k8s.io/kubernetes@"+version+"/api/openapi-spec/swagger.json")
}

func format(table map[kind]*facts, newest int) string {
	var lines []string
	for k, f := range table {
		group, scope := k.group, "cluster"
		if group == "" {
			group = "-"
		}
		if f.namespaced {
			scope = "namespaced"
		}
		line := group + " " + k.kind + " " + scope
		for _, version := range slices.Sorted(maps.Keys(f.served)) {
			line += " " + version + ":" + ranges(f.served[version])
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return fmt.Sprintf(`# Made by generate/main.go from the OpenAPI files of k8s.io/kubernetes. Not to be edited.
# group kind scope version:minors …
minors %d-%d
%s
`, oldest, newest, strings.Join(lines, "\n"))
}

// ranges writes ascending numbers as 14-21,23.
func ranges(minors []int) string {
	var parts []string
	for i := 0; i < len(minors); {
		j := i
		for j+1 < len(minors) && minors[j+1] == minors[j]+1 {
			j++
		}
		if i == j {
			parts = append(parts, fmt.Sprint(minors[i]))
		} else {
			parts = append(parts, fmt.Sprintf("%d-%d", minors[i], minors[j]))
		}
		i = j + 1
	}
	return strings.Join(parts, ",")
}
