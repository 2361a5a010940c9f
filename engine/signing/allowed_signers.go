package signing

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"

	"github.com/weir-dev/weir/schema/diag"
)

// allowedSigner is one line of an allowed signers file.
type allowedSigner struct {
	principals    string
	key           []byte // wire format
	namespaces    string // a pattern list; empty: any
	after, before time.Time
}

func parseAllowedSigners(f TrustFile) ([]allowedSigner, diag.List) {
	var signers []allowedSigner
	var found diag.List
	number := 0
	for line := range strings.Lines(string(f.Data)) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		signer, err := parseAllowedSigner(line)
		if err != nil {
			place := diag.Range{File: f.Name, Start: diag.Pos{Line: number}, End: diag.Pos{Line: number}}
			found = append(found, diag.Diagnostic{
				Summary: "the line names no signer that Weir can allow",
				Subject: place,
				Detail:  diag.Sentence(err.Error()),
				Remedy:  "Write it as ssh-keygen(1) says below ALLOWED SIGNERS: principals, options, type and key.",
			})
			continue
		}
		signers = append(signers, signer)
	}
	return signers, found
}

func parseAllowedSigner(line string) (allowedSigner, error) {
	principals, rest, err := cutField(line)
	if err != nil {
		return allowedSigner{}, err
	}
	key, _, options, _, err := ssh.ParseAuthorizedKey([]byte(rest))
	if err != nil {
		return allowedSigner{}, errors.New("behind the principals there is no key")
	}
	s := allowedSigner{principals: principals, key: key.Marshal()}
	for _, option := range options {
		name, value, _ := strings.Cut(option, "=")
		value = strings.Trim(value, `"`)
		switch strings.ToLower(name) {
		case "cert-authority":
			return allowedSigner{}, errors.New("certificates are not supported: list the keys themselves")
		case "namespaces":
			s.namespaces = value
		case "valid-after":
			s.after, err = parseTimestamp(value)
		case "valid-before":
			s.before, err = parseTimestamp(value)
		default:
			return allowedSigner{}, fmt.Errorf("%q is no option", name)
		}
		if err != nil {
			return allowedSigner{}, err
		}
	}
	if !s.after.IsZero() && !s.before.IsZero() && s.before.Before(s.after) {
		return allowedSigner{}, errors.New("valid-before is earlier than valid-after")
	}
	return s, nil
}

// cutField cuts the first field off, which may be in quotes.
func cutField(line string) (field, rest string, err error) {
	if quoted, ok := strings.CutPrefix(line, `"`); ok {
		field, rest, ok = strings.Cut(quoted, `"`)
		if !ok {
			return "", "", errors.New("a quote is not closed")
		}
		return field, strings.TrimSpace(rest), nil
	}
	if at := strings.IndexAny(line, " \t"); at >= 0 {
		return line[:at], strings.TrimSpace(line[at:]), nil
	}
	return "", "", errors.New("there is no key on it")
}

// parseTimestamp reads YYYYMMDD and YYYYMMDDHHMM[SS], in the zone of the system
// unless a Z is behind it: so ssh-keygen has it.
func parseTimestamp(text string) (time.Time, error) {
	digits, utc := strings.CutSuffix(strings.ToUpper(text), "Z")
	zone := time.Local
	if utc {
		zone = time.UTC
	}
	layouts := map[int]string{8: "20060102", 12: "200601021504", 14: "20060102150405"}
	if layout, ok := layouts[len(digits)]; ok {
		if t, err := time.ParseInLocation(layout, digits, zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time: write YYYYMMDD or YYYYMMDDHHMMSS, with a Z for UTC", text)
}

// allows tells why a signer's line does not hold for Git commits of a time;
// empty where it does.
func (s allowedSigner) allows(when time.Time) string {
	switch {
	case s.namespaces != "" && !matchList(s.namespaces, sshNamespace):
		return fmt.Sprintf("the key is allowed for %s, not for git", s.namespaces)
	case !s.after.IsZero() && when.Before(s.after):
		return fmt.Sprintf("the key is allowed from %s on", s.after.UTC().Format(time.RFC3339))
	case !s.before.IsZero() && when.After(s.before):
		return fmt.Sprintf("the key was allowed until %s", s.before.UTC().Format(time.RFC3339))
	}
	return ""
}

// matchList matches a comma-separated list of patterns with * and ?; one that
// matches behind an exclamation mark rules the name out.
func matchList(list, name string) bool {
	matched := false
	for pattern := range strings.SplitSeq(list, ",") {
		pattern, not := strings.CutPrefix(strings.TrimSpace(pattern), "!")
		pattern = strings.NewReplacer(`\`, `\\`, `[`, `\[`).Replace(pattern)
		if ok, _ := path.Match(pattern, name); !ok {
			continue
		}
		if not {
			return false
		}
		matched = true
	}
	return matched
}

func (t *Trust) verifySSH(c Signed, when time.Time) (string, error) {
	signature, err := sshsig.Unarmor(c.Signature)
	if err != nil {
		return "", fmt.Errorf("its SSH signature cannot be read: %w", err)
	}
	fingerprint := ssh.FingerprintSHA256(signature.PublicKey)
	if signature.Namespace != sshNamespace {
		return "", fmt.Errorf("the signature by %s was made for %q, not for git", fingerprint, signature.Namespace)
	}
	why := ""
	key := signature.PublicKey.Marshal()
	for _, s := range t.ssh {
		if !bytes.Equal(s.key, key) {
			continue
		}
		if reason := s.allows(when); reason != "" {
			why = reason
			continue
		}
		if err := sshsig.Verify(bytes.NewReader(c.Payload), signature, signature.PublicKey, signature.HashAlgorithm, sshNamespace); err != nil {
			return "", fmt.Errorf("its signature is not one of this commit, made by %s: it was changed after it was signed", fingerprint)
		}
		return s.principals + " " + fingerprint, nil
	}
	if why != "" {
		return "", fmt.Errorf("it is signed by %s, but %s", fingerprint, why)
	}
	return "", fmt.Errorf("it is signed by the SSH key %s, which is not an allowed one", fingerprint)
}
