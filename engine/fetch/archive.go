package fetch

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
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

func (l *loading) unpack(at string, data []byte) ([]File, error) {
	zipped, err := gzip.NewReader(bytes.NewReader(data))
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
			return nil, tooLarge(limited, fmt.Errorf("its tar stream is damaged: %w", err))
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
		name, err := inside(header.Name)
		if err != nil {
			return nil, err
		}
		if seen[name] {
			return nil, fmt.Errorf("it holds %q twice", header.Name)
		}
		seen[name] = true
		if !l.admit(at+"/"+name, header.Size) {
			return nil, nil
		}
		content, err := io.ReadAll(archive)
		if err != nil {
			return nil, tooLarge(limited, fmt.Errorf("its tar stream is damaged: %w", err))
		}
		files = append(files, File{Name: name, Path: at + "/" + name, Packed: true, Data: bytes.TrimPrefix(content, bom)})
	}
	if len(files) == 0 {
		return nil, errors.New("it holds no files")
	}
	return files, nil
}

func tooLarge(limited *io.LimitedReader, err error) error {
	if limited.N <= 0 {
		return errors.New("it unpacks to more bytes than a chart may have")
	}
	return err
}

// inside is the name of an archive's file without the directory that holds the
// whole chart.
func inside(name string) (string, error) {
	slashed := strings.ReplaceAll(name, "\\", "/") // packed on Windows
	switch {
	case path.IsAbs(slashed), len(slashed) > 1 && slashed[1] == ':':
		return "", fmt.Errorf("it holds the absolute name %q", name)
	case strings.Contains("/"+slashed+"/", "/../"):
		return "", fmt.Errorf("it holds the name %q, which leads out of the chart", name)
	}
	_, rest, found := strings.Cut(path.Clean(slashed), "/")
	if !found {
		return "", fmt.Errorf("it holds the file %q beside the chart's directory", name)
	}
	return rest, nil
}
