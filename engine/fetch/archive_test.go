package fetch_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/engine/fetch"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// entry is one member of a tar stream, written as it stands here.
type entry struct {
	tar.Header
	text string
}

func file(name, text string) entry { return entry{tar.Header{Name: name}, text} }

// whole is the first entry of most archives.
var whole = file("a/Chart.yaml", chartYAML("a", "1.0.0"))

func tarred(t *testing.T, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range entries {
		h := e.Header
		if h.Typeflag == 0 {
			h.Typeflag, h.Size, h.Mode = tar.TypeReg, int64(len(e.text)), 0o644
		}
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(e.text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gzipped(t *testing.T, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// renamed changes bytes of a tar header and mends its checksum.
func renamed(t *testing.T, stream []byte, old, name string) []byte {
	t.Helper()
	at := bytes.Index(stream, []byte(old))
	if at < 0 || len(old) != len(name) {
		t.Fatalf("%q is not there, or not as long", old)
	}
	stream = bytes.Clone(stream)
	copy(stream[at:], name)
	header := stream[at : at+512]
	copy(header[148:156], "        ")
	sum := 0
	for _, c := range header {
		sum += int(c)
	}
	octal := []byte("000000\x00 ")
	for i := 5; i >= 0; i-- {
		octal[i] = byte('0' + sum&7)
		sum >>= 3
	}
	copy(header[148:156], octal)
	return stream
}

// TestArchives: what an archive may hold, and what is said of one that does not.
func TestArchives(t *testing.T) {
	good := tarred(t, whole, file("a/values.yaml", "a: 1\n"))
	long := strings.Repeat("long/", 60)
	refused := func(detail string) string {
		return "weir.hcl:3: chart archive \"a.tgz\" is refused\n  " + detail + "\n  Pack the chart again with `helm package`.\n"
	}
	accepted := func(files ...string) string {
		text := "a 1.0.0\n"
		for _, f := range files {
			text += f + " <- a.tgz/" + f + "\n"
		}
		return text
	}
	for _, test := range []struct {
		name    string
		archive []byte
		want    string
	}{
		{"as Helm packs", gzipped(t, good), accepted("Chart.yaml", "values.yaml")},
		{"directories and global headers", gzipped(t, tarred(t, entry{tar.Header{Typeflag: tar.TypeXGlobalHeader, PAXRecords: map[string]string{"comment": "x"}}, ""},
			entry{tar.Header{Name: "a/", Typeflag: tar.TypeDir}, ""}, whole)), accepted("Chart.yaml")},
		{"packed on Windows", gzipped(t, tarred(t, file(`a\Chart.yaml`, whole.text), file(`a\templates\x.yaml`, "x"))), accepted("Chart.yaml", "templates/x.yaml")},
		{"from the current directory", gzipped(t, tarred(t, file("./a/Chart.yaml", whole.text))), accepted("Chart.yaml")},
		{"GNU long names", gzipped(t, tarred(t, whole, entry{tar.Header{Name: "a/" + long + "x", Format: tar.FormatGNU}, "x"})), accepted("Chart.yaml", long+"x")},
		{"PAX long names", gzipped(t, tarred(t, whole, entry{tar.Header{Name: "a/" + long + "x", Format: tar.FormatPAX}, "x"})), accepted("Chart.yaml", long+"x")},
		{"two gzip members", join(gzipped(t, good[:700]), gzipped(t, good[700:])), accepted("Chart.yaml", "values.yaml")},
		{"zeros behind the tar stream", gzipped(t, join(good, make([]byte, 9000))), accepted("Chart.yaml", "values.yaml")},
		{"zeros behind the gzip stream", join(gzipped(t, good), make([]byte, 100)), accepted("Chart.yaml", "values.yaml")},
		{"names that differ in case", gzipped(t, tarred(t, whole, file("a/X", "1"), file("a/x", "2"))), accepted("Chart.yaml", "X", "x")},

		{"out at the end", gzipped(t, tarred(t, whole, file("a/..", "x"))), refused(`It holds the name "a/..", which leads out of the chart.`)},
		{"out at once", gzipped(t, tarred(t, whole, file("../a", "x"))), refused(`It holds the name "../a", which leads out of the chart.`)},
		{"out and in again", gzipped(t, tarred(t, whole, file("a/b/../c", "x"))), refused(`It holds the name "a/b/../c", which leads out of the chart.`)},
		{"out, for Windows", gzipped(t, tarred(t, whole, file(`a\..\..\x`, "x"))), refused(`It holds the name "a\\..\\..\\x", which leads out of the chart.`)},
		{"out, for both", gzipped(t, tarred(t, whole, file(`a/..\x`, "x"))), refused(`It holds the name "a/..\\x", which leads out of the chart.`)},
		{"out, by a PAX record", gzipped(t, tarred(t, whole, entry{tar.Header{Name: "a/" + long + "/../../x", Format: tar.FormatPAX}, "x"})), refused(`It holds the name "a/` + long + `/../../x", which leads out of the chart.`)},
		{"out, by a GNU long name", gzipped(t, tarred(t, whole, entry{tar.Header{Name: "a/../" + long + "x", Format: tar.FormatGNU}, "x"})), refused(`It holds the name "a/../` + long + `x", which leads out of the chart.`)},
		{"absolute", gzipped(t, tarred(t, whole, file("/etc/x", "x"))), refused(`It holds the absolute name "/etc/x".`)},
		{"a share", gzipped(t, tarred(t, whole, file(`\\server\share\x`, "x"))), refused(`It holds the absolute name "\\\\server\\share\\x".`)},
		{"a drive", gzipped(t, tarred(t, whole, file(`C:\x`, "x"))), refused(`It holds the absolute name "C:\\x".`)},
		{"a drive below the chart", gzipped(t, tarred(t, whole, file("a/c:x", "x"))), refused(`It holds the absolute name "a/c:x".`)},
		{"beside", gzipped(t, tarred(t, whole, file("x", "x"))), refused(`It holds the file "x" beside the chart's directory.`)},
		{"the directory itself", gzipped(t, tarred(t, whole, file("a/.", "x"))), refused(`It holds the file "a/." beside the chart's directory.`)},
		{"a line break", gzipped(t, tarred(t, whole, file("a/x\ny", "x"))), refused(`It holds the name "a/x\ny", which has characters that nobody can see.`)},
		{"an escape sequence", gzipped(t, tarred(t, whole, file("a/\x1b[2Jx", "x"))), refused(`It holds the name "a/\x1b[2Jx", which has characters that nobody can see.`)},
		{"from right to left", gzipped(t, tarred(t, whole, file("a/x\u202elmay.", "x"))), refused(`It holds the name "a/x\u202elmay.", which has characters that nobody can see.`)},
		{"Latin-1", gzipped(t, renamed(t, tarred(t, whole, file("a/xxx", "x")), "a/xxx", "a/\xe4\xf6\xfc")), refused(`It holds the name "a/\xe4\xf6\xfc", which is not UTF-8.`)},
		{"a symbolic link", gzipped(t, tarred(t, whole, entry{tar.Header{Name: "a/x", Typeflag: tar.TypeSymlink, Linkname: "../../x"}, ""})), refused(`It holds the link "a/x" to "../../x", and links in archives are not followed.`)},
		{"a hard link", gzipped(t, tarred(t, whole, entry{tar.Header{Name: "a/x", Typeflag: tar.TypeLink, Linkname: "a/Chart.yaml"}, ""})), refused(`It holds the link "a/x" to "a/Chart.yaml", and links in archives are not followed.`)},
		{"a device", gzipped(t, tarred(t, whole, entry{tar.Header{Name: "a/x", Typeflag: tar.TypeChar, Devmajor: 1, Devminor: 5}, ""})), refused(`It holds "a/x", which is no regular file.`)},
		{"a pipe", gzipped(t, tarred(t, whole, entry{tar.Header{Name: "a/x", Typeflag: tar.TypeFifo}, ""})), refused(`It holds "a/x", which is no regular file.`)},
		{"a sparse file", gzipped(t, sparse(t)), refused(`It holds "a/x", which is a sparse file.`)},
		{"twice", gzipped(t, tarred(t, whole, file("a/x", "1"), file("a/x", "2"))), refused(`It holds "x" twice.`)},
		{"twice, written in two ways", gzipped(t, tarred(t, whole, file("a/x", "1"), file("a/./x", "2"))), refused(`It holds "x" twice.`)},
		{"twice, in two directories", gzipped(t, tarred(t, whole, file("b/Chart.yaml", "2"))), refused(`It holds "Chart.yaml" twice.`)},
		{"a file that is a directory", gzipped(t, tarred(t, whole, file("a/x", "1"), file("a/x/y/z", "2"))), refused(`It holds "x" both as a file and as a directory.`)},
		{"text behind the gzip stream", join(gzipped(t, good), []byte("PK\x03\x04")), refused("Something that is no gzip stream follows behind its end.")},
		{"a second tar stream", gzipped(t, join(good, tarred(t, file("a/evil", "x")))), refused("Something follows behind the end of its tar stream.")},
		{"a second archive", join(gzipped(t, good), gzipped(t, tarred(t, file("a/evil", "x")))), refused("Something follows behind the end of its tar stream.")},
		{"half of it", gzipped(t, good)[:150], refused("It breaks off: a part of it is missing.")},
		{"without its checksum", gzipped(t, good)[:len(gzipped(t, good))-4], refused("It breaks off: a part of it is missing.")},
		{"with another checksum", flipped(gzipped(t, good), 6), refused("It is damaged: its content is not what its checksum says.")},
		{"a tar stream that breaks off", gzipped(t, good[:520]), refused("It breaks off: a part of it is missing.")},
		{"gzip, but not tar", gzipped(t, []byte(strings.Repeat("text ", 200))), refused("It is damaged, or no tar archive.")},
		{"empty", gzipped(t, tarred(t)), refused("It holds no files.")},
		{"zip", []byte("PK\x03\x04"), refused("It is not a gzipped tar archive.")},
		{"a bomb of zeros behind the end", gzipped(t, join(good, make([]byte, 60<<20))), refused("It unpacks to more bytes than a chart may have.")},
		{"a file that is said to be huge", gzipped(t, huge(t)), "weir.hcl:3: file \"a.tgz/x\" is too large for a chart\n" +
			"  It has more than 5242880 bytes; as in Helm, no file of a chart may have more.\n  List what no template reads in .helmignore.\n"},
		{"bombs in archives in an archive", nested(t), "weir.hcl:3: chart \"a.tgz\" is too large\n" +
			"  Its files have more than 104857600 bytes together.\n  List what no template reads in .helmignore.\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, load(files("a.tgz", string(test.archive)), "a.tgz")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestArchiveFromElsewhere: who cannot pack it again is not told to.
func TestArchiveFromElsewhere(t *testing.T) {
	_, err := fetch.Unpack(schema.Chart{Kind: schema.Repository, Source: "main/a", Version: "^1"}, gzipped(t, tarred(t, whole, file("a/../x", "x"))))
	found, _ := diag.Refused(err)
	want := ":0: chart archive \"main/a ^1\" is refused\n  It holds the name \"a/../x\", which leads out of the chart.\n  Tell who publishes the chart, or take another version.\n"
	if diff := cmp.Diff(want, show(nil, found)); diff != "" {
		t.Error(diff)
	}
}

func flipped(data []byte, fromEnd int) []byte {
	data[len(data)-fromEnd] ^= 1
	return data
}

// sparse is an archive with a file of which only holes are stored, as GNU tar
// writes it with PAX records.
func sparse(t *testing.T) []byte {
	t.Helper()
	stream := tarred(t, whole, entry{tar.Header{Name: "a/x", Format: tar.FormatPAX, PAXRecords: map[string]string{
		"GNUxsparse.major": "0", "GNUxsparse.minor": "0", "GNUxsparse.size": "1000000", "GNUxsparse.numblocks": "1", "GNUxsparse.map": "1000000,0"}}, ""})
	return bytes.ReplaceAll(stream, []byte("GNUxsparse"), []byte("GNU.sparse")) // which tar.Writer does not write
}

// huge is an archive whose header says more than it holds.
func huge(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	if err := w.WriteHeader(&tar.Header{Name: "a/x", Size: 1 << 40, Mode: 0o644, Typeflag: tar.TypeReg}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// nested is an archive with archives below charts/ that are small and unpack to
// more, all together, than any of them may.
func nested(t *testing.T) []byte {
	t.Helper()
	noise := strings.Repeat("0123456789abcdef\n", 250_000) // 4 MB, to a three-hundredth
	entries := []entry{whole}
	for _, name := range strings.Split("b c d e f g", " ") {
		inner := []entry{file(name+"/Chart.yaml", chartYAML(name, "1.0.0"))}
		for _, n := range strings.Split("0 1 2 3", " ") {
			inner = append(inner, file(name+"/"+n, noise))
		}
		inner = append(inner, file(name+"/seed", random(500_000)))
		entries = append(entries, file("a/charts/"+name+".tgz", string(gzipped(t, tarred(t, inner...)))))
	}
	return gzipped(t, tarred(t, entries...))
}

// random is text that does not pack.
func random(n int) string {
	b := make([]byte, n)
	x := uint32(1)
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(x >> 24)
	}
	return string(b)
}
