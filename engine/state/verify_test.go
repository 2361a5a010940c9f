package state_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/signing"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/integration/gituser"
	"github.com/weir-dev/weir/schema/diag"
)

// verify returns what is found, and what was looked at, as a text.
func verify(t *testing.T, at state.Location, o state.VerifyOptions) string {
	t.Helper()
	r, head := open(t, at)
	verified, found, err := state.Verify(context.Background(), r, head, o)
	if err != nil {
		found, ok := diag.Refused(err)
		if !ok {
			t.Fatal(err)
		}
		return listed(found)
	}
	text := ""
	for _, c := range verified.Commits {
		text += fmt.Sprintf("%s: weir %q, signer %q", c.Subject, c.Weir, c.Signer)
		if c.SameAs != "" {
			text += fmt.Sprintf(", as %s", strings.TrimSpace(git(t, at, "log", "-1", "--format=%s", string(c.SameAs))))
		}
		text += "\n"
	}
	text += fmt.Sprintf("%d releases, %d files\n", verified.Releases, verified.Files)
	return anonymous(text + listed(found))
}

func listed(found diag.List) string {
	text := ""
	for _, d := range found.Sorted() {
		text += fmt.Sprintf("%s: %s\n  %s\n  %s\n", d.Subject.File, d.Summary, d.Detail, d.Remedy)
	}
	return text
}

// anonymous replaces what differs from run to run.
func anonymous(text string) string {
	text = regexp.MustCompile(`\b[0-9a-f]{12}\b`).ReplaceAllString(text, "COMMIT")
	text = regexp.MustCompile(`\b[0-9A-F]{40}\b|\b[0-9A-F]{16}\b`).ReplaceAllString(text, "KEY")
	return regexp.MustCompile(`SHA256:[A-Za-z0-9+/]{43}`).ReplaceAllString(text, "SHA256:KEY")
}

// complete is a state with all that a state can have.
func complete(t *testing.T) state.Location {
	t.Helper()
	at := place(t)
	hydrate(t, at,
		put(asks(release(t, "dev/web", "1", config(t, "web", "a", "1"),
			object(t, "rbac.authorization.k8s.io/v1", "ClusterRole", "", "system:web", "b")), "web")),
		put(asks(release(t, "prod/web", "1", config(t, "web-prod", "a", "1")), "web")),
		put(release(t, "prod/owner", "1", object(t, "v1", "Namespace", "", "own", "x"))),
		namespace("dev", "web", webNamespace), namespace("prod", "web", webNamespace))
	return at
}

func TestVerify(t *testing.T) {
	// edit changes a file of the work tree; commit makes it a commit by a person.
	edit := func(t *testing.T, at state.Location, path, from, to string) {
		t.Helper()
		data, err := os.ReadFile(filepath.Join(at.Dir, path))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(data), from) {
			t.Fatalf("%s has no %q:\n%s", path, from, data)
		}
		writeFile(t, filepath.Join(at.Dir, path), strings.Replace(string(data), from, to, 1))
	}
	const a = "manifests/dev/web/web/configmap_a.yaml"
	text := ""
	for _, test := range []struct {
		name string
		do   func(t *testing.T, at state.Location)
	}{
		{"as Weir made it", nil},
		{"a value edited", func(t *testing.T, at state.Location) { edit(t, at, a, "text: \"1\"", "text: \"2\"") }},
		{"another form", func(t *testing.T, at state.Location) { edit(t, at, a, "text: \"1\"", "text: '1'") }},
		{"a comment", func(t *testing.T, at state.Location) { edit(t, at, a, "\ndata:", "\n# by hand\ndata:") }},
		{"another name", func(t *testing.T, at state.Location) { edit(t, at, a, "name: a", "name: b") }},
		{"two documents", func(t *testing.T, at state.Location) { edit(t, at, a, "\ndata:", "\n---\ndata:") }},
		{"no YAML", func(t *testing.T, at state.Location) { edit(t, at, a, "\ndata:", "\ndata: [") }},
		{"no object", func(t *testing.T, at state.Location) { writeFile(t, filepath.Join(at.Dir, a), "") }},
		{"no kind", func(t *testing.T, at state.Location) { writeFile(t, filepath.Join(at.Dir, a), "apiVersion: v1\n") }},
		{"a file is gone", func(t *testing.T, at state.Location) { git(t, at, "rm", "-q", a) }},
		{"a file more", func(t *testing.T, at state.Location) {
			writeFile(t, filepath.Join(at.Dir, "manifests/dev/web/web/extra.yaml"), "x: 1\n")
		}},
		{"files above releases", func(t *testing.T, at state.Location) {
			for _, path := range []string{"manifests/README.md", "manifests/dev/note.txt", "manifests/dev/_namespaces/x.yaml", "hooks/x", ".weir/dev/x.txt", ".weir/Not_A_Label/x.json", "manifests/none/app/x.yaml", "README.md"} {
				mkdir(t, filepath.Dir(filepath.Join(at.Dir, path)))
				writeFile(t, filepath.Join(at.Dir, path), "x\n")
			}
		}},
		{"a link", func(t *testing.T, at state.Location) {
			if err := os.Remove(filepath.Join(at.Dir, a)); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink("/etc/passwd", filepath.Join(at.Dir, a)); err != nil {
				t.Fatal(err)
			}
		}},
		{"moved", func(t *testing.T, at state.Location) {
			git(t, at, "mv", a, "manifests/dev/web/web/configmap_b.yaml")
			edit(t, at, ".weir/dev/web.json", "web/configmap_a.yaml", "web/configmap_b.yaml")
		}},
		{"metadata without files", func(t *testing.T, at state.Location) { git(t, at, "rm", "-q", "-r", "manifests/dev/web") }},
		{"files without metadata", func(t *testing.T, at state.Location) { git(t, at, "rm", "-q", ".weir/prod/web.json") }},
		{"broken metadata", func(t *testing.T, at state.Location) { edit(t, at, ".weir/prod/web.json", "{", "[") }},
		{"metadata of a newer Weir", func(t *testing.T, at state.Location) {
			edit(t, at, ".weir/prod/web.json", `"format": 1`, `"format": 2`)
		}},
		{"another object in the metadata", func(t *testing.T, at state.Location) {
			edit(t, at, ".weir/dev/web.json", `"kind": "ConfigMap"`, `"kind": "Secret"`)
		}},
		{"a Namespace is gone", func(t *testing.T, at state.Location) {
			git(t, at, "rm", "-q", "manifests/dev/_namespaces/namespace_web.yaml")
		}},
		{"a Namespace differs", func(t *testing.T, at state.Location) {
			writeFile(t, filepath.Join(at.Dir, "manifests/dev/_namespaces/namespace_web.yaml"), "apiVersion: v1\nkind: Namespace\nmetadata:\n  labels:\n    a: b\n  name: web\n")
		}},
		{"an object twice", func(t *testing.T, at state.Location) {
			mkdir(t, filepath.Join(at.Dir, "manifests/prod/web/web"))
			git(t, at, "mv", "manifests/prod/web/web-prod/configmap_a.yaml", "manifests/prod/web/web/configmap_a.yaml")
			edit(t, at, "manifests/prod/web/web/configmap_a.yaml", "web-prod", "web")
			edit(t, at, ".weir/prod/web.json", "web-prod/", "web/")
			edit(t, at, ".weir/prod/web.json", `"namespace": "web-prod"`, `"namespace": "web"`)
		}},
	} {
		at := complete(t)
		if test.do != nil {
			test.do(t, at)
			git(t, at, "add", "-A", "-f")
			git(t, at, "commit", "-q", "-m", "By hand")
		}
		text += "# " + test.name + "\n" + verify(t, at, state.VerifyOptions{}) + "\n"
	}
	same(t, "findings", text, golden(t, "verify.txt", []byte(text)))
}

// annotated is an object with annotations, a hook among others.
func annotated(t *testing.T, apiVersion, kind, namespace, name string, annotations map[string]any) manifest.Object {
	t.Helper()
	o, err := manifest.New(map[string]any{"apiVersion": apiVersion, "kind": kind, "metadata": map[string]any{"name": name, "namespace": namespace, "annotations": annotations}},
		manifest.Source{File: "templates/x.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// TestVerifyHooks has hooks, as they are rendered.
func TestVerifyHooks(t *testing.T) {
	at := place(t)
	job := annotated(t, "batch/v1", "Job", "web", "migrate", map[string]any{"helm.sh/hook": "pre-install,pre-upgrade", "helm.sh/hook-weight": "5", "helm.sh/hook-delete-policy": "before-hook-creation"})
	hydrate(t, at, put(release(t, "dev/web", "1", job)))
	same(t, "hooks", verify(t, at, state.VerifyOptions{}), "hydrate(dev): web created: weir \"1.2.3\", signer \"\"\n1 releases, 3 files\n")
	path := filepath.Join(at.Dir, "hooks/dev/web/pre-install/web/job.batch_migrate.yaml")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, path, strings.Replace(string(data), `"5"`, `"4"`, 1))
	git(t, at, "commit", "-q", "-a", "-m", "By hand\n\nHydrated-By: weir/1.2.3")
	same(t, "another weight", verify(t, at, state.VerifyOptions{}), `By hand: weir "1.2.3", signer ""
1 releases, 3 files
state/prod/hooks/dev/web/pre-install/web/job.batch_migrate.yaml: a hook is not what the metadata says
  In commit COMMIT: Its annotations make it no hook of pre-install with weight 5 and delete policies [before-hook-creation].
  See which commit brought it with `+"`git log -- hooks/dev/web/pre-install/web/job.batch_migrate.yaml`, undo that with `git revert`"+`, and hydrate.
`)
}

// TestVerifyCommits looks at who committed.
func TestVerifyCommits(t *testing.T) {
	at := merged(t)
	same(t, "the last one", verify(t, at, state.VerifyOptions{}), `Squashed commit of the following:: weir "1.2.3", signer ""
2 releases, 4 files
`)
	same(t, "all", verify(t, at, state.VerifyOptions{Range: "HEAD~4..HEAD"}), `Squashed commit of the following:: weir "1.2.3", signer ""
Merge branch 'review' into 'main': weir "1.2.3", signer "", as hydrate(prod): web created
hydrate(prod): web created: weir "1.2.3", signer ""
Nothing: weir "1.2.3", signer "", as hydrate(dev): web changed
hydrate(dev): web changed: weir "1.2.3", signer ""
2 releases, 4 files
`)
	// A squash whose message somebody wrote anew, with the branch still there.
	onBranch(t, at, "again", put(release(t, "prod/web", "4", config(t, "y", "a", "t"))))
	git(t, at, "merge", "-q", "--squash", "again")
	git(t, at, "commit", "-q", "-m", "Deploy (#7)")
	same(t, "squash", verify(t, at, state.VerifyOptions{}), `Deploy (#7): weir "1.2.3", signer "", as hydrate(prod): web changed
2 releases, 4 files
`)
	git(t, at, "branch", "-q", "-D", "again")
	byHand := `Deploy (#7): weir "", signer ""
2 releases, 4 files
state/prod: commit COMMIT is not by Weir
  In commit COMMIT: "Deploy (#7)" by Eve <eve@example.com> has no Hydrated-By trailer, and its tree is that of no commit by Weir that it follows.
  What is meant for the cluster belongs in the project. See it with ` + "`git show`, undo it with `git revert`" + `, and hydrate.
`
	same(t, "squash without its branch", verify(t, at, state.VerifyOptions{}), byHand)

	// A merge that takes one side and drops what the other had.
	git(t, at, "reset", "-q", "--hard", "HEAD~1")
	git(t, at, "switch", "-q", "-c", "old", "HEAD~1")
	git(t, at, "switch", "-q", "main")
	git(t, at, "commit", "-q", "--allow-empty", "-m", "x\n\nHydrated-By: weir/1.2.3")
	git(t, at, "switch", "-q", "old")
	git(t, at, "commit", "-q", "--allow-empty", "-m", "y\n\nHydrated-By: weir/1.2.3")
	git(t, at, "switch", "-q", "main")
	tree := strings.TrimSpace(git(t, at, "rev-parse", "old^{tree}"))
	merge := strings.TrimSpace(git(t, at, "commit-tree", "-p", "main", "-p", "old", "-m", "Deploy (#7)", tree))
	git(t, at, "reset", "-q", "--hard", merge)
	same(t, "a merge that goes back", verify(t, at, state.VerifyOptions{}), byHand)

	for range 2 { // an old state is no new one
		git(t, at, "reset", "-q", "--hard", "HEAD~1")
	}
	git(t, at, "revert", "--no-edit", "HEAD")
	same(t, "a revert", strings.Contains(verify(t, at, state.VerifyOptions{}), "is not by Weir"), true)

	empty := place(t)
	same(t, "nothing", verify(t, empty, state.VerifyOptions{}), "state/prod: the state repository has no commit yet\n  \n  `weir hydrate` makes the first one.\n")
}

func trust(t *testing.T, allowed, keyring string) *signing.Trust {
	t.Helper()
	var signers, rings []signing.TrustFile
	if allowed != "" {
		signers = append(signers, signing.TrustFile{Name: "allowed_signers", Data: []byte(allowed)})
	}
	if keyring != "" {
		rings = append(rings, signing.TrustFile{Name: "keyring", Data: []byte(keyring)})
	}
	trust, err := signing.NewTrust(signers, rings)
	if err != nil {
		t.Fatal(err)
	}
	return trust
}

func TestVerifySSH(t *testing.T) {
	home := gituser.Home(t, "")
	public := gituser.SSHKey(t, home+"/key", "")
	other := gituser.SSHKey(t, home+"/other", "")
	at := place(t)
	commit := func(who *signing.Committer, i int) {
		t.Helper()
		if _, err := commitAs(t, at, who, put(release(t, "dev/web", "1", config(t, "x", "a", fmt.Sprint(i))))); err != nil {
			t.Fatal(err)
		}
	}
	commit(&signing.Committer{SigningKey: home + "/key"}, 0)
	good := "hydrate(dev): web created: weir \"1.2.3\", signer \"%s SHA256:KEY\"\n1 releases, 2 files\n"
	bad := "hydrate(dev): web created: weir \"1.2.3\", signer \"\"\n1 releases, 2 files\nstate/prod: commit COMMIT has no good signature\n  In commit COMMIT: \"hydrate(dev): web created\" by Ada <ada@example.com>: %s.\n" +
		"  If its key is to be trusted, add it to the allowed signers or the keyring. Else find out who pushed it, undo it and hydrate with a key that is allowed.\n"
	for _, test := range []struct{ allowed, want string }{
		{"ada@example.com " + public, fmt.Sprintf(good, "ada@example.com")},
		{"# people\n\n\"*@example.com,ci@example.org\" " + public + " a comment\r\n", fmt.Sprintf(good, "*@example.com,ci@example.org")},
		{"ada namespaces=\"file,git\" " + public, fmt.Sprintf(good, "ada")},
		{"ada Namespaces=\"g?t*\",valid-after=\"20260101Z\",valid-before=\"202601010001Z\" " + public, fmt.Sprintf(good, "ada")},
		{"eve " + other + "\nada valid-before=\"20200101Z\" " + public + "\nada " + public, fmt.Sprintf(good, "ada")},
		{"", fmt.Sprintf(bad, "it is signed by the SSH key SHA256:KEY, which is not an allowed one")},
		{"eve " + other, fmt.Sprintf(bad, "it is signed by the SSH key SHA256:KEY, which is not an allowed one")},
		{"ada namespaces=\"file\" " + public, fmt.Sprintf(bad, "it is signed by SHA256:KEY, but the key is allowed for file, not for git")},
		{"ada namespaces=\"*,!git\" " + public, fmt.Sprintf(bad, "it is signed by SHA256:KEY, but the key is allowed for *,!git, not for git")},
		{"ada valid-after=\"20260102Z\" " + public, fmt.Sprintf(bad, "it is signed by SHA256:KEY, but the key is allowed from 2026-01-02T00:00:00Z on")},
		{"ada valid-before=\"20251231235959Z\" " + public, fmt.Sprintf(bad, "it is signed by SHA256:KEY, but the key was allowed until 2025-12-31T23:59:59Z")},
	} {
		same(t, test.allowed, verify(t, at, state.VerifyOptions{Trust: trust(t, test.allowed, "")}), test.want)
	}
	allowed := trust(t, "ada "+public, "")

	commit(&signing.Committer{NoSign: true}, 1)
	same(t, "unsigned", strings.Contains(verify(t, at, state.VerifyOptions{Trust: allowed}), "it has no signature."), true)
	raw := git(t, at, "cat-file", "commit", "HEAD~1")
	for name, changed := range map[string]string{
		"it was changed after it was signed":         strings.Replace(raw, "web created", "web changed", 1),
		"it has several signatures":                  strings.Replace(raw, "gpgsig ", "gpgsig x\ngpgsig ", 1),
		"its signature is of no form that Git knows": strings.Replace(raw, "BEGIN SSH", "BEGIN X", 1),
		"its SSH signature cannot be read":           strings.Replace(raw, "\n U1NIU0lH", "\n U1NIU0lI", 1),
		"which Weir cannot check":                    strings.Replace(raw, "BEGIN SSH SIGNATURE", "BEGIN SIGNED MESSAGE", 1),
		"its OpenPGP signature cannot be read":       strings.Replace(raw, "BEGIN SSH", "BEGIN PGP", 1),
	} {
		if changed == raw {
			t.Fatal(name)
		}
		writeFile(t, home+"/commit", changed)
		id := strings.TrimSpace(git(t, at, "hash-object", "--literally", "-t", "commit", "-w", home+"/commit"))
		if text := verify(t, at, state.VerifyOptions{Range: id, Trust: allowed}); !strings.Contains(text, name) {
			t.Errorf("not %q:\n%s", name, text)
		}
	}

	// A signature by the same key for another purpose.
	payload := regexp.MustCompile(`(?s)gpgsig .*?-----END SSH SIGNATURE-----\n`).ReplaceAllString(raw, "")
	writeFile(t, home+"/payload", payload)
	gituser.Run(t, "ssh-keygen", "-q", "-Y", "sign", "-n", "file", "-f", home+"/key", home+"/payload")
	data, err := os.ReadFile(home + "/payload.sig")
	if err != nil {
		t.Fatal(err)
	}
	head, body, _ := strings.Cut(payload, "\n\n")
	writeFile(t, home+"/commit", head+"\ngpgsig "+strings.ReplaceAll(strings.TrimSpace(string(data)), "\n", "\n ")+"\n\n"+body)
	id := strings.TrimSpace(git(t, at, "hash-object", "-t", "commit", "-w", home+"/commit"))
	same(t, "another namespace", verify(t, at, state.VerifyOptions{Range: id, Trust: allowed}), fmt.Sprintf(bad, "the signature by SHA256:KEY was made for \"file\", not for git"))

	// A merge by a forge that does not sign.
	git(t, at, "reset", "-q", "--hard", "HEAD~1")
	git(t, at, "switch", "-q", "-c", "review")
	on := at
	on.Branch = "review"
	at, on = on, at
	commit(&signing.Committer{SigningKey: home + "/key"}, 2)
	at = on
	git(t, at, "switch", "-q", "main")
	git(t, at, "merge", "-q", "--no-ff", "-m", "Merge", "review")
	same(t, "merge", verify(t, at, state.VerifyOptions{Trust: allowed}), "Merge: weir \"1.2.3\", signer \"ada SHA256:KEY\", as hydrate(dev): web changed\n1 releases, 2 files\n")

	// RSA, and what git itself signs.
	rsa := home + "/rsa"
	gituser.Run(t, "ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-C", "", "-N", "", "-f", rsa)
	line, err := os.ReadFile(rsa + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	git(t, at, "-c", "gpg.format=ssh", "-c", "user.signingkey="+rsa, "commit", "-q", "--allow-empty", "-S", "-m", "By git\n\nHydrated-By: weir/1")
	same(t, "by git", verify(t, at, state.VerifyOptions{Trust: trust(t, "rsa "+string(line), "")}), "By git: weir \"1\", signer \"rsa SHA256:KEY\"\n1 releases, 2 files\n")
}

func TestVerifyPGP(t *testing.T) {
	gituser.Home(t, "[commit]\n\tgpgsign = true\n")
	fingerprint := gituser.PGPKey(t, "Ada <ada@example.com>")
	at := place(t)
	if _, err := commitAs(t, at, &signing.Committer{}, put(release(t, "dev/web", "1", config(t, "x", "a", "1")))); err != nil {
		t.Fatal(err)
	}
	git(t, at, "commit", "-q", "--allow-empty", "-m", "Nothing")
	git(t, at, "-c", "user.signingkey="+fingerprint, "commit", "-q", "--allow-empty", "-S", "-m", "By git\n\nHydrated-By: weir/1")
	binary := gituser.Run(t, "gpg", "--export", fingerprint)
	armored := gituser.Run(t, "gpg", "--export", "--armor", fingerprint)
	gituser.PGPKey(t, "Eve <eve@example.com>")
	eve := gituser.Run(t, "gpg", "--export", "--armor", "eve@example.com")
	good := "By git: weir \"1\", signer \"Ada <ada@example.com> KEY\"\n1 releases, 2 files\n"
	for name, ring := range map[string]string{"binary": binary, "armored": armored, "two blocks": eve + armored} {
		same(t, name, verify(t, at, state.VerifyOptions{Trust: trust(t, "", ring)}), good)
	}
	finding := func(text string) string {
		match := regexp.MustCompile(`(?m)^  In commit COMMIT: .*$`).FindString(text)
		return match
	}
	same(t, "unknown", finding(verify(t, at, state.VerifyOptions{Trust: trust(t, "", eve)})),
		`  In commit COMMIT: "By git" by Eve <eve@example.com>: it is signed by the OpenPGP key KEY, which is not an allowed one.`)
	raw := git(t, at, "cat-file", "commit", "HEAD~2")
	writeFile(t, at.Dir+".commit", strings.Replace(raw, "web created", "Web created", 1))
	id := strings.TrimSpace(git(t, at, "hash-object", "-t", "commit", "-w", at.Dir+".commit"))
	same(t, "changed", finding(verify(t, at, state.VerifyOptions{Range: id, Trust: trust(t, "", armored)})),
		`  In commit COMMIT: "hydrate(dev): Web created" by Ada <ada@example.com>: its signature is not one of this commit, made by the OpenPGP key KEY: it was changed after it was signed.`)
	// Signed now, for a commit of the past.
	same(t, "backdated", finding(verify(t, at, state.VerifyOptions{Range: "HEAD~2", Trust: trust(t, "", armored)})), "")

	certificate, err := os.ReadFile(filepath.Join(os.Getenv("GNUPGHOME"), "openpgp-revocs.d", fingerprint+".rev"))
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, at.Dir+".revocation", strings.Replace(string(certificate), ":-----BEGIN", "-----BEGIN", 1))
	gituser.Run(t, "gpg", "--batch", "--import", at.Dir+".revocation")
	same(t, "revoked", finding(verify(t, at, state.VerifyOptions{Trust: trust(t, "", gituser.Run(t, "gpg", "--export", fingerprint))})),
		`  In commit COMMIT: "By git" by Eve <eve@example.com>: it is signed by the OpenPGP key KEY, which is revoked.`)
}
