package integration

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	goimporter "go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// writing is what the test of fail points knows of writes.
type writing struct {
	// announce are the calls that stand before a write.
	announce []string
	// reads are, of packages that exist for changing files, refs or remotes,
	// the functions that change none. All others are writes: a function that
	// nobody has thought about makes the test fail, not pass.
	reads map[string][]string
	// writes are, of packages that mostly do other things, those that do.
	writes map[string][]string
	// outside are the functions that may write without a fail point, and why.
	outside map[string]string
}

var writes = writing{
	announce: []string{
		"engine/failpoint.Before",
		"engine/state.disk.about",
		"engine/remote.Access.before",
	},
	reads: map[string][]string{
		"os": {
			"DirFS", "Environ", "Executable", "Exit", "Getenv", "Getpid", "Getuid", "Getwd", "Hostname", "LookupEnv", "Lstat", "Open", "OpenRoot",
			"ReadDir", "ReadFile", "Readlink", "SameFile", "Stat", "TempDir", "UserCacheDir", "UserConfigDir", "UserHomeDir",
			"File.Close", "File.Fd", "File.Name", "File.Read", "File.ReadAt", "File.ReadDir", "File.Seek", "File.Stat",
			"File.Sync", // what was written can be seen by every process already
			"ProcessState.ExitCode",
			"Root.Close", "Root.FS", "Root.Lstat", "Root.Open", "Root.ReadFile", "Root.Readlink", "Root.Stat",
		},
		"os/exec":                                     {"Command", "CommandContext", "LookPath", "Cmd.StderrPipe", "Cmd.StdinPipe", "Cmd.StdoutPipe", "Cmd.Wait"},
		"syscall":                                     {"Errno.*", "Getpid", "Getuid"},
		"github.com/go-git/go-billy/v5/osfs":          {"New"},
		"github.com/go-git/go-git/v5":                 {"Open", "Repository.Head", "Repository.Remote", "Repository.Config", "Repository.Worktree", "Repository.Reference", "Repository.References", "Remote.Config"},
		"github.com/go-git/go-git/v5/storage/*":       {"*.Close", "NewRepositoryFilesystem", "NewStorageWithOptions", "*.Reference", "*.IterReferences", "*.Config", "*.EncodedObject", "*.EncodedObjectSize", "*.HasEncodedObject", "*.HashesWithPrefix", "*.Shallow"},
		"github.com/go-git/go-git/v5/storage/memory":  {"*"}, // no process is left with anything of it
		"github.com/go-git/go-git/v5/plumbing/storer": {"ReferenceIter.ForEach", "*.Reference", "*.IterReferences", "*.EncodedObject", "*.EncodedObjectSize", "*.HasEncodedObject", "*.Index", "*.Shallow"},
		"github.com/gofrs/flock":                      {"New", "SetPermissions", "Flock.Close", "Flock.Stat", "Flock.Unlock"},
	},
	writes: map[string][]string{
		"github.com/go-git/go-git/v5/plumbing/format/packfile": {"UpdateObjectStorage", "WritePackfileToObjectStorage", "NewParserWithStorage"},
		"github.com/go-git/go-git/v5/plumbing/transport":       {"ReceivePackSession.ReceivePack"},
		module + "/engine/remote":                              {"session.push"},
	},
	outside: map[string]string{
		"cmd/internal/cli.undo.*":        "weir init: nothing is there yet that could suffer",
		"engine/state.EnsureIgnored":     "weir init: one file of the project, replaced whole",
		"engine/remote.Remote.settings":  "git config, to read",
		"engine/remote.shell.unused":     "git config, to read",
		"engine/remote.helper.run":       "git credential, whose store is the user's",
		"engine/remote.Remote.rewrite":   "git ls-remote --get-url, which asks nobody",
		"engine/remote.Remote.process":   "the other side of a connection; what asks it to change is announced",
		"cmd/internal/ui.Streams.Page":   "a pager, which only shows",
		"engine/fetch.logins.ask":        "a program that tells what it keeps",
		"engine/remote.spooled.Write":    "a file without a name",
		"engine/remote.thicken":          "a file without a name",
		"engine/signing.readSettings":    "git config, which only lists",
		"engine/signing.defaultSSHKey":   "a command that prints a key",
		"engine/signing.program.run":     "gpg or ssh-keygen, before anything is written",
		"engine/signing.program.signSSH": "files for ssh-keygen that nothing ever reads again",
	},
}

// TestFailPoints reads the code for writes without a fail point. A run can then
// be stopped before each of them, and TestKilled does.
func TestFailPoints(t *testing.T) {
	code, err := compile("../cmd/weir")
	if err != nil {
		t.Fatal(err)
	}
	for _, finding := range writes.check(code) {
		t.Error(finding)
	}
}

// TestFailPointsFindsOffences shows the check writes of every kind.
func TestFailPointsFindsOffences(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module " + module + "\n\ngo 1.26\n",
		"main.go": `package main

import (
	"fmt"
	"os"
)

func before() {}

func main() {
	fine()
	bare()
	second()
	branch()
	loop()
	late()
	closure()
	method()
	value()
	excused()
}

func fine() {
	before()
	os.Remove("a")
	for range 2 {
		before()
		if err := os.Remove("b"); err != nil {
			before()
			fmt.Println(os.Remove("c"))
		}
	}
	defer func() { before(); os.Remove("d") }()
	_, _ = os.ReadFile("e")
}

func bare() { os.Remove("x") }

func second() {
	before()
	os.Remove("x")
	os.Remove("y")
}

func branch() {
	if len(os.Args) > 1 {
		before()
	}
	os.Remove("x")
}

func loop() {
	before()
	for range 2 {
		os.Remove("x")
	}
}

func late() {
	before()
	defer os.Remove("x")
}

func closure() {
	before()
	f := func() { os.Remove("x") }
	f()
}

func method() {
	before()
	f, _ := os.Create("x")
	f.WriteString("x")
}

func value() {
	remove := os.Remove
	remove("x")
}

func excused() { os.Remove("x") }
`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	code, err := compile(dir)
	if err != nil {
		t.Fatal(err)
	}
	w := writing{announce: []string{".before"}, reads: map[string][]string{"os": {"Read*"}}, outside: map[string]string{".excused": "", ".gone": ""}}
	want := []string{
		".gone writes nothing without a fail point: it needs no excuse",
		"main.go:37: os.Remove has no fail point of its own before it, in .bare",
		"main.go:42: os.Remove has no fail point of its own before it, in .second",
		"main.go:49: os.Remove has no fail point of its own before it, in .branch",
		"main.go:55: os.Remove has no fail point of its own before it, in .loop",
		"main.go:61: os.Remove has no fail point of its own before it, in .late",
		"main.go:66: os.Remove has no fail point of its own before it, in .closure",
		"main.go:73: os.File.WriteString has no fail point of its own before it, in .method",
		"main.go:77: os.Remove has no fail point of its own before it, in .value",
	}
	if diff := gocmp.Diff(want, w.check(code)); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

// check lists the writes that a test cannot stop a run at.
func (w writing) check(code *program) []string {
	var findings []string
	unused := map[string]bool{}
	for name := range w.outside {
		unused[name] = true
	}
	for _, f := range code.functions {
		for _, write := range w.unannounced(f) {
			if excuse := w.excuse(f.name); excuse != "" {
				delete(unused, excuse)
				continue
			}
			findings = append(findings, fmt.Sprintf("%s: %s has no fail point of its own before it, in %s", write.place, write.name, f.name))
		}
	}
	for name := range unused {
		findings = append(findings, name+" writes nothing without a fail point: it needs no excuse")
	}
	slices.Sort(findings)
	return findings
}

// excuse is the pattern that lets a function write without a fail point.
func (w writing) excuse(function string) string {
	for pattern := range w.outside {
		if matches(pattern, function) {
			return pattern
		}
	}
	return ""
}

// unannounced lists the writes of a function that no fail point of their own
// precedes. Whatever only names a writing function counts as calling it.
func (w writing) unannounced(f function) []use {
	var found []use
	armed := false // a fail point was passed and no write since
	var point use  // that fail point
	for _, u := range f.uses {
		switch {
		case slices.Contains(w.announce, u.name):
			armed, point = true, u
		case w.isWrite(u):
			// Where the fail point is passed, the write has to come next: not
			// in another turn of a loop, another branch, or another function.
			if !armed || u.deferred || !point.block.contains(u.block) || u.repeated != point.repeated {
				found = append(found, u)
			}
			armed = false
		}
	}
	return found
}

func (w writing) isWrite(u use) bool {
	listed := func(table map[string][]string) (package_, name bool) {
		for pattern, names := range table {
			if !matches(pattern, u.pkg) {
				continue
			}
			package_ = true
			for _, n := range names {
				name = name || matches(n, u.short)
			}
		}
		return package_, name
	}
	if known, read := listed(w.reads); known {
		return !read
	}
	_, write := listed(w.writes)
	return write
}

// matches takes one star in a pattern for anything.
func matches(pattern, text string) bool {
	head, tail, star := strings.Cut(pattern, "*")
	if !star {
		return pattern == text
	}
	return len(text) >= len(head)+len(tail) && strings.HasPrefix(text, head) && strings.HasSuffix(text, tail)
}

// program is the module's part of a command, as far as the check needs it.
type program struct{ functions []function }

// function is a declared function with the functions that it names, in the
// order of the text.
type function struct {
	name string // package.Type.Method, of this module
	uses []use
}

type use struct {
	pkg, short string // os, File.Write
	name       string // the two, joined
	place      string
	block      span
	repeated   token.Pos // the innermost loop or function literal around it
	deferred   bool
}

// span is the innermost block around a use.
type span struct{ from, to token.Pos }

func (s span) contains(o span) bool { return s.from <= o.from && o.to <= s.to }

// compile reads a command and all packages of this module below it, with types.
// What they import comes from the compiler's export data.
func compile(dir string) (*program, error) {
	list := exec.Command("go", "list", "-deps", "-export", "-json=ImportPath,Dir,GoFiles,Export,Module")
	list.Dir = dir
	list.Env = append(os.Environ(), "GOFLAGS=-buildvcs=false")
	var stderr bytes.Buffer
	list.Stderr = &stderr
	out, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w\n%s", err, &stderr)
	}
	type listed struct {
		ImportPath, Dir, Export string
		GoFiles                 []string
		Module                  *struct{ Path string }
	}
	var ours []listed
	exports := map[string]string{}
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		exports[p.ImportPath] = p.Export
		if p.Module != nil && p.Module.Path == module {
			ours = append(ours, p)
		}
	}
	fset := token.NewFileSet()
	compiled := goimporter.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
	code := &program{}
	for _, p := range ours {
		var files []*ast.File
		for _, name := range p.GoFiles {
			file, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, 0)
			if err != nil {
				return nil, err
			}
			files = append(files, file)
		}
		info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
		config := types.Config{Importer: compiled}
		if _, err := config.Check(p.ImportPath, fset, files, info); err != nil {
			return nil, err
		}
		inside := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
		for _, file := range files {
			for _, d := range file.Decls {
				f := function{name: inside + "." + nameOf(d)}
				collect(d, fset, info, &f)
				code.functions = append(code.functions, f)
			}
		}
	}
	return code, nil
}

// nameOf is Function or Type.Method; a variable's for what stands outside of
// functions.
func nameOf(d ast.Decl) string {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil {
			return d.Name.Name
		}
		receiver := ""
		ast.Inspect(d.Recv.List[0].Type, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok && receiver == "" {
				receiver = id.Name
			}
			return true
		})
		return receiver + "." + d.Name.Name
	case *ast.GenDecl:
		if len(d.Specs) > 0 {
			if v, ok := d.Specs[0].(*ast.ValueSpec); ok {
				return v.Names[0].Name
			}
		}
	}
	return ""
}

// collect finds the functions that a declaration names, and what is around them.
func collect(d ast.Decl, fset *token.FileSet, info *types.Info, f *function) {
	var stack []ast.Node
	ast.Inspect(d, func(n ast.Node) bool {
		if n == nil {
			stack = stack[:len(stack)-1]
			return true
		}
		stack = append(stack, n)
		id, ok := n.(*ast.Ident)
		if !ok {
			return true
		}
		callee, ok := info.Uses[id].(*types.Func)
		if !ok || callee.Pkg() == nil {
			return true
		}
		u := use{pkg: callee.Pkg().Path(), short: callee.Name()}
		if recv := callee.Signature().Recv(); recv != nil {
			t := recv.Type()
			if pointer, ok := t.(*types.Pointer); ok {
				t = pointer.Elem()
			}
			if named, ok := t.(*types.Named); ok {
				u.short = named.Obj().Name() + "." + u.short
			} else {
				u.short = "." + u.short // of an interface without a name
			}
		}
		u.name = strings.TrimPrefix(strings.TrimPrefix(u.pkg, module), "/") + "." + u.short
		at := fset.Position(id.Pos())
		u.place = fmt.Sprintf("%s:%d", shorter(at.Filename), at.Line)
		u.block = span{d.Pos(), d.End()}
		for _, around := range stack {
			switch around := around.(type) {
			case *ast.BlockStmt, *ast.CaseClause, *ast.CommClause:
				u.block = span{around.Pos(), around.End()}
			case *ast.ForStmt, *ast.RangeStmt, *ast.FuncLit:
				u.repeated, u.deferred = around.Pos(), false
			case *ast.DeferStmt:
				u.deferred = true
			}
		}
		f.uses = append(f.uses, u)
		return true
	})
}

// shorter is a file's path as a person would give it from the module's root.
func shorter(file string) string {
	root, err := filepath.Abs("..")
	if err != nil {
		return file
	}
	if rel, err := filepath.Rel(root, file); err == nil && filepath.IsLocal(rel) {
		return filepath.ToSlash(rel)
	}
	return filepath.Base(file)
}
