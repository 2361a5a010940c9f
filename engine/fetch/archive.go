package fetch

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxRatio is how many bytes one packed byte of an archive may become: text
// packs to a tenth, a bomb to a thousandth.
const maxRatio = 200

// archive unpacks a chart archive. at is where it lies in the project.
func (l *loading) archive(at string, data []byte) []File {
	files, err := l.unpack(at, data)
	if err != nil {
		l.refuse(fmt.Sprintf("chart archive %q is refused", at), reason(err), "Pack the chart again with `helm package`.")
		return nil
	}
	return files
}

// unpack returns nothing and no error where a limit was reported already.
//
// It takes what `helm package` writes and what Helm reads, but nothing that two
// programs could read as two charts: names that differ from how they are read,
// or bytes behind the end.
func (l *loading) unpack(at string, data []byte) ([]File, error) {
	zipped, err := unzip(data)
	if err != nil {
		return nil, errors.New("it is not a gzipped tar archive")
	}
	limited := &io.LimitedReader{R: zipped, N: min(maxChart+1, int64(len(data))*maxRatio+1<<20)}
	archive := tar.NewReader(limited)
	var files []File
	seen := map[string]bool{}
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, damaged(limited, err)
		}
		switch header.Typeflag {
		case tar.TypeDir, tar.TypeXGlobalHeader, tar.TypeXHeader:
			continue
		case tar.TypeReg:
		case tar.TypeSymlink, tar.TypeLink:
			return nil, fmt.Errorf("it holds the link %q to %q, and links in archives are not followed", header.Name, header.Linkname)
		default:
			return nil, fmt.Errorf("it holds %q, which is no regular file", header.Name)
		}
		for record := range maps.Keys(header.PAXRecords) {
			if strings.HasPrefix(record, "GNU.sparse.") {
				return nil, fmt.Errorf("it holds %q, which is a sparse file", header.Name)
			}
		}
		name, err := inside(header.Name)
		if err != nil {
			return nil, err
		}
		if seen[name] {
			return nil, fmt.Errorf("it holds %q twice", name)
		}
		seen[name] = true
		if !l.admit(at+"/"+name, header.Size) {
			return nil, nil
		}
		content := make([]byte, header.Size)
		if _, err := io.ReadFull(archive, content); err != nil {
			return nil, damaged(limited, err)
		}
		files = append(files, File{Name: name, Path: at + "/" + name, Packed: true, Data: bytes.TrimPrefix(content, bom)})
	}
	if err := nothing(limited); err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, errors.New("it holds no files")
	}
	for _, f := range files {
		for dir := path.Dir(f.Name); dir != "."; dir = path.Dir(dir) {
			if seen[dir] {
				return nil, fmt.Errorf("it holds %q both as a file and as a directory", dir)
			}
		}
	}
	return files, nil
}

// unzip reads one gzip member behind the other, as everybody does, but nothing
// that is no gzip behind the last one, other than zeros that fill a block.
func unzip(data []byte) (io.Reader, error) {
	in := bytes.NewReader(data)
	zipped, err := gzip.NewReader(in)
	if err != nil {
		return nil, err
	}
	zipped.Multistream(false)
	return &members{zipped: zipped, in: in, data: data}, nil
}

type members struct {
	zipped *gzip.Reader
	in     *bytes.Reader
	data   []byte
	err    error // of the last Read
}

var errBehind = errors.New("something that is no gzip stream follows behind its end")

func (m *members) Read(p []byte) (n int, err error) {
	if m.err != nil {
		return 0, m.err
	}
	defer func() { m.err = err }()
	if n, err = m.zipped.Read(p); !errors.Is(err, io.EOF) {
		return n, err
	}
	rest := m.data[len(m.data)-m.in.Len():]
	if len(bytes.TrimLeft(rest, "\x00")) == 0 {
		return n, io.EOF
	}
	if err := m.zipped.Reset(m.in); err != nil {
		return n, errBehind
	}
	m.zipped.Multistream(false)
	return n, nil
}

// nothing reads what is left behind the end of the tar stream: zeros, and the
// checksum of the gzip stream.
func nothing(rest *io.LimitedReader) error {
	buffer := make([]byte, 4<<10)
	for {
		n, err := rest.Read(buffer)
		if len(bytes.TrimLeft(buffer[:n], "\x00")) > 0 {
			return errors.New("something follows behind the end of its tar stream")
		}
		switch {
		case rest.N <= 0, err != nil && !errors.Is(err, io.EOF):
			return damaged(rest, err)
		case err != nil:
			return nil
		}
	}
}

// damaged is what kept an archive from being read to its end.
func damaged(limited *io.LimitedReader, err error) error {
	switch {
	case limited.N <= 0:
		return errors.New("it unpacks to more bytes than a chart may have")
	case errors.Is(err, errBehind):
		return errBehind
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("it breaks off: a part of it is missing")
	case errors.Is(err, gzip.ErrChecksum):
		return errors.New("it is damaged: its content is not what its checksum says")
	case errors.Is(err, tar.ErrHeader):
		return errors.New("it is damaged, or no tar archive")
	}
	return fmt.Errorf("it is damaged: %w", err)
}

// inside is the name of an archive's file without the directory that holds the
// whole chart.
func inside(name string) (string, error) {
	slashed := strings.ReplaceAll(name, `\`, "/") // packed on Windows
	switch {
	case !utf8.ValidString(name):
		return "", fmt.Errorf("it holds the name %q, which is not UTF-8", name)
	case strings.ContainsFunc(name, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }):
		return "", fmt.Errorf("it holds the name %+q, which has characters that nobody can see", name)
	case path.IsAbs(slashed), isDrive(slashed):
		return "", fmt.Errorf("it holds the absolute name %q", name)
	case strings.Contains("/"+slashed+"/", "/../"):
		return "", fmt.Errorf("it holds the name %q, which leads out of the chart", name)
	}
	_, rest, found := strings.Cut(path.Clean(slashed), "/")
	switch {
	case !found:
		return "", fmt.Errorf("it holds the file %q beside the chart's directory", name)
	case isDrive(rest):
		return "", fmt.Errorf("it holds the absolute name %q", name)
	}
	return rest, nil
}

// isDrive tells whether Windows would take a name for one of a drive.
func isDrive(name string) bool {
	return len(name) > 1 && name[1] == ':' && (name[0]|0x20 >= 'a' && name[0]|0x20 <= 'z')
}
