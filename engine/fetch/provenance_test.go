package fetch_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
	"github.com/google/go-cmp/cmp"
	"helm.sh/helm/v3/pkg/provenance"
	helmreg "helm.sh/helm/v3/pkg/registry"

	"github.com/weir-dev/weir/engine/fetch"
	"github.com/weir-dev/weir/integration/chartserver"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// pgpKey is a key of somebody, made at a time, valid for so long; 0: for ever.
func pgpKey(t *testing.T, name string, made time.Time, valid time.Duration) *openpgp.Entity {
	t.Helper()
	e, err := openpgp.NewEntity(name, "", strings.ToLower(name)+"@charts.example", &packet.Config{
		Algorithm: packet.PubKeyAlgoEdDSA, Time: func() time.Time { return made }, KeyLifetimeSecs: uint32(valid / time.Second),
	})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func keyring(t *testing.T, file string, keys ...*openpgp.Entity) {
	t.Helper()
	var b bytes.Buffer
	w, err := armor.Encode(&b, openpgp.PublicKeyType, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keys {
		if err := key.Serialize(w); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// signed is the provenance file that `helm package --sign` makes.
func signed(t *testing.T, key *openpgp.Entity, archive []byte) []byte {
	t.Helper()
	file := filepath.Join(t.TempDir(), "app-1.1.0.tgz")
	if err := os.WriteFile(file, archive, 0o644); err != nil {
		t.Fatal(err)
	}
	text, err := (&provenance.Signatory{Entity: key}).ClearSign(file)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(text)
}

// TestProvenance: a repository with a keyring, of each kind.
func TestProvenance(t *testing.T) {
	long := time.Now().Add(-10000 * time.Hour)
	ann, eve := pgpKey(t, "Ann", long, 0), pgpKey(t, "Eve", long, 0)
	expired := pgpKey(t, "Old", long, time.Hour)
	revoked := pgpKey(t, "Lost", long, 0)
	archive := chartserver.Pack("app", "1.1.0", "templates/a.yaml", "a: 1.1.0\n")
	other := chartserver.Pack("app", "1.1.0", "templates/a.yaml", "a: 6.6.6\n")
	good := signed(t, ann, archive)
	byExpired, byRevoked := signed(t, expired, archive), signed(t, revoked, archive)
	if err := revoked.RevokeKey(packet.KeyCompromised, "stolen", nil); err != nil {
		t.Fatal(err)
	}
	keys := []string{}
	for name, key := range map[string]*openpgp.Entity{"ANN": ann, "EVE": eve, "EXPIRED": expired, "REVOKED": revoked} {
		keys = append(keys, fmt.Sprintf("%X", key.PrimaryKey.Fingerprint), name, fmt.Sprintf("%016X", key.PrimaryKey.KeyId), name)
	}
	const asks = "Repository \"main\" asks for charts that a key of keys.asc has signed"
	const orTrust = "\n  If that key is to be trusted, put it into the keyring; otherwise ask who publishes the chart.\n"
	for _, test := range []struct {
		name       string
		provenance []byte
		keyring    []*openpgp.Entity
		want       string
	}{
		{"signed", good, []*openpgp.Entity{eve, ann}, "1.1.0 signed by Ann <ann@charts.example> ANN\n"},
		{"not signed", nil, []*openpgp.Entity{ann}, "chart \"main/app ^1\" is not signed\n  " + asks + ", and there is no provenance file (.prov) beside it.\n" +
			"  Ask who publishes the chart to sign it with `helm package --sign`, or remove `keyring`.\n"},
		{"by another key", signed(t, eve, archive), []*openpgp.Entity{ann}, "chart \"main/app ^1\" has no signature to trust\n  " + asks +
			". Of its provenance file: it is signed by the OpenPGP key EVE, which is not an allowed one." + orTrust},
		{"by an expired key", byExpired, []*openpgp.Entity{expired}, "chart \"main/app ^1\" has no signature to trust\n  " + asks +
			". Of its provenance file: it is signed by the OpenPGP key EXPIRED, which had expired by then." + orTrust},
		{"by a revoked key", byRevoked, []*openpgp.Entity{revoked}, "chart \"main/app ^1\" has no signature to trust\n  " + asks +
			". Of its provenance file: it is signed by the OpenPGP key REVOKED, which is revoked." + orTrust},
		{"edited", bytes.Replace(good, []byte("sha256:"), []byte("sha256:0"), 1), []*openpgp.Entity{ann}, "chart \"main/app ^1\" has no signature to trust\n  " + asks +
			". Of its provenance file: its signature is not one of this file, made by the OpenPGP key ANN: it was changed after it was signed." + orTrust},
		{"other text before", append([]byte("files:\n  app-1.1.0.tgz: sha256:00\n"), good...), []*openpgp.Entity{ann}, "1.1.0 signed by Ann <ann@charts.example> ANN\n"},
		{"no signature at all", []byte("hello"), []*openpgp.Entity{ann}, "chart \"main/app ^1\" has no signature to trust\n  " + asks +
			". Of its provenance file: it is no clear-signed OpenPGP message." + orTrust},
		{"of other bytes", signed(t, ann, other), []*openpgp.Entity{ann}, "chart \"main/app ^1\" is not what was signed\n  Ann <ann@charts.example> ANN signed other bytes than those that came.\n" +
			"  signed:  sha256:OTHER (app-1.1.0.tgz)\n  fetched: sha256:ARCHIVE\n" +
			"  Somebody has replaced the archive, or its provenance file is of another version. Ask who publishes the chart.\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := newPlace(t)
			p.names = append(append(p.names, keys...), sumOf(archive), "ARCHIVE", sumOf(other), "OTHER")
			if test.provenance != nil {
				if err := os.WriteFile(filepath.Join(p.server.Dir, "app-1.1.0.tgz.prov"), test.provenance, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(test.want, p.lockSigned(t, test.keyring...)); diff != "" {
				t.Errorf("repository:\n%s", diff)
			}
			h := newHarbour(t)
			h.names = append(append([]string{sumOf(archive), "ARCHIVE", sumOf(other), "OTHER"}, h.names...), keys...)
			h.ref.Source, h.ref.Name = "main/signed", "signed"
			var options []helmreg.PushOption
			if test.provenance != nil {
				options = append(options, helmreg.PushOptProvData(test.provenance))
			}
			h.server.Push("charts/signed", "1.1.0", archive, options...)
			if diff := cmp.Diff(strings.ReplaceAll(test.want, "main/app", "main/signed"), h.lockSigned(t, test.keyring...)); diff != "" {
				t.Errorf("registry:\n%s", diff)
			}
		})
	}
}

func sumOf(data []byte) string { return fmt.Sprintf("%x", sha256.Sum256(data)) }

func lockedAs(lock schema.Lock) func() (schema.Lock, diag.List) {
	return func() (schema.Lock, diag.List) { return lock, nil }
}

// lockSigned locks the chart with a keyring, and reads it once more by the lock,
// when the server has nothing of it but the archive.
func (p *place) lockSigned(t *testing.T, keys ...*openpgp.Entity) string {
	t.Helper()
	dir := t.TempDir()
	keyring(t, filepath.Join(dir, "keys.asc"), keys...)
	p.access.Project = os.DirFS(dir)
	p.ref.Repository.Keyring = "keys.asc"
	stock := func() *fetch.Stock {
		return &fetch.Stock{Source: fetch.Signed(fetch.Kinds{
			schema.Repository: fetch.NewRepositories(p.access, p.store), schema.OCI: fetch.NewRegistries(p.access, nil),
		}, p.access)}
	}
	l := &fetch.Locking{Stock: stock()}
	if _, err := l.Missing().Files(t.Context(), p.ref); err != nil {
		return p.said(err)
	}
	e := l.Lock().Charts[0]
	if err := os.Remove(filepath.Join(dir, "keys.asc")); err != nil {
		t.Fatal(err)
	}
	if _, err := stock().Pinned(t.Context(), p.ref, e); err != nil {
		return p.said(err)
	}
	return p.plain(fmt.Sprintf("%s signed by %s\n", e.Version, e.Signer))
}

// TestKeyringComesLater: what was locked without one is not taken for signed.
func TestKeyringComesLater(t *testing.T) {
	p := newPlace(t)
	ann := pgpKey(t, "Ann", time.Now().Add(-time.Hour), 0)
	p.names = append(p.names, fmt.Sprintf("%X", ann.PrimaryKey.Fingerprint), "ANN")
	p.lock(false)
	unsigned := p.old
	p.ref.Repository.Keyring = "keys.asc"
	pins := &fetch.Pins{Lock: lockedAs(unsigned), Stock: &fetch.Stock{Shelves: []fetch.Shelf{p.store}}}
	_, err := pins.Files(t.Context(), p.ref)
	want := "chart \"main/app ^1\" was locked without a look at its signature\n" +
		"  The repository has a keyring (keys.asc) now; version 1.1.0 was locked before.\n  Run `weir lock`, which checks it, and commit the file.\n"
	if diff := cmp.Diff(want, p.said(err)); diff != "" {
		t.Error(diff)
	}

	dir := t.TempDir()
	keyring(t, filepath.Join(dir, "keys.asc"), ann)
	p.access.Project = os.DirFS(dir)
	archive, err := os.ReadFile(filepath.Join(p.server.Dir, "app-1.1.0.tgz"))
	if err != nil {
		t.Fatal(err)
	}
	lock := func() string {
		l := &fetch.Locking{Old: unsigned, Stock: &fetch.Stock{Shelves: []fetch.Shelf{p.store}, Source: fetch.Signed(p.source(), p.access)}}
		if _, err := l.Missing().Files(t.Context(), p.ref); err != nil {
			return p.said(err)
		}
		return p.plain(l.Lock().Charts[0].Signer)
	}
	want = "chart \"main/app ^1\" is not signed\n  Repository \"main\" asks for charts that a key of keys.asc has signed, and there is no provenance file (.prov) beside it.\n" +
		"  Ask who publishes the chart to sign it with `helm package --sign`, or remove `keyring`.\n"
	if diff := cmp.Diff(want, lock()); diff != "" {
		t.Error(diff)
	}
	if err := os.WriteFile(filepath.Join(p.server.Dir, "app-1.1.0.tgz.prov"), signed(t, ann, archive), 0o644); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("Ann <ann@charts.example> ANN", lock()); diff != "" {
		t.Error(diff)
	}
}

// TestWhoAsksForSignatures: who wants to know who signed an archive gets to know
// it, though somebody who does not was faster.
func TestWhoAsksForSignatures(t *testing.T) {
	p := newPlace(t)
	archive, err := os.ReadFile(filepath.Join(p.server.Dir, "app-1.1.0.tgz"))
	if err != nil {
		t.Fatal(err)
	}
	ann := pgpKey(t, "Ann", time.Now().Add(-time.Hour), 0)
	if err := os.WriteFile(filepath.Join(p.server.Dir, "app-1.1.0.tgz.prov"), signed(t, ann, archive), 0o644); err != nil {
		t.Fatal(err)
	}
	keyring(t, filepath.Join(p.access.Home, "keys.asc"), ann)
	l := &fetch.Locking{Stock: &fetch.Stock{Source: fetch.Once(fetch.Signed(fetch.Kinds{
		schema.Repository: fetch.NewRepositories(p.access, p.store),
		schema.URL:        fetch.NewArchives(p.access, p.store),
	}, p.access))}}
	asks := p.ref
	asks.Repository.Keyring = "~/keys.asc"
	for _, ref := range []schema.Chart{{Source: p.server.URL + "/app-1.1.0.tgz", Kind: schema.URL}, asks} {
		if _, err := l.Missing().Files(t.Context(), ref); err != nil {
			t.Fatal(p.said(err))
		}
	}
	e, found, stale := l.Lock().Find(asks)
	if want := fmt.Sprintf("Ann <ann@charts.example> %X", ann.PrimaryKey.Fingerprint); !found || stale || e.Signer != want {
		t.Errorf("the signer is %q (found: %t, stale: %t)", e.Signer, found, stale)
	}
}
