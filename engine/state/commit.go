package state

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/weir-dev/weir/engine/signing"
)

// Commit is one commit in the history of a state.
type Commit struct {
	ID                Hash
	Parents           []Hash
	Author, Committer signing.Identity
	Message           string
	Trailers          Trailers

	id      plumbing.Hash
	tree    plumbing.Hash // the zero id where the commit has no files
	parents []plumbing.Hash
	signed  signing.Signed
}

// Subject is the first line of the message, fit for a terminal.
func (c *Commit) Subject() string { return oneLine(subjectOf(c.Message)) }

func readCommit(r reader, id plumbing.Hash) (*Commit, error) {
	data, err := r.read(plumbing.CommitObject, id)
	if err != nil {
		return nil, err
	}
	c, err := parseCommit(data)
	if err != nil {
		return nil, fmt.Errorf("commit %s: %w", id, err)
	}
	c.id, c.ID = id, hexOf(id)
	return c, nil
}

// parseCommit reads the content of a commit. The signature is taken out of it as
// Git does: what is left is what was signed.
func parseCommit(data []byte) (*Commit, error) {
	c := &Commit{}
	head, message, _ := bytes.Cut(data, []byte("\n\n"))
	var payload, signature bytes.Buffer
	inSignature, trees := false, 0
	for line := range bytes.Lines(data[:min(len(head)+1, len(data))]) {
		text := string(bytes.TrimSuffix(line, []byte("\n")))
		name, value, _ := strings.Cut(text, " ")
		if strings.HasPrefix(text, " ") { // goes on with the line before
			if inSignature {
				signature.WriteString(text[1:] + "\n")
			} else {
				payload.Write(line)
			}
			continue
		}
		if inSignature = name == signatureHeader || name == signatureHeader+"-sha256"; inSignature {
			if name == signatureHeader {
				c.signed.Signatures++
				signature.WriteString(value + "\n")
			}
			continue
		}
		payload.Write(line)
		switch name {
		case "tree", "parent":
			if !plumbing.IsHash(value) {
				return nil, fmt.Errorf("%s names no object", name)
			}
			id := plumbing.NewHash(value)
			if name == "tree" {
				trees++
			}
			switch {
			case name == "parent":
				c.parents = append(c.parents, id)
				c.Parents = append(c.Parents, hexOf(id))
			case value == emptyTree:
			default:
				c.tree = id
			}
		case "author":
			c.Author = parseIdentity(value)
		case "committer":
			c.Committer = parseIdentity(value)
		}
	}
	if !bytes.HasPrefix(data, []byte("tree ")) || trees != 1 {
		return nil, errors.New("it does not begin with its one tree")
	}
	payload.Write(data[min(len(head)+1, len(data)):])
	if c.signed.Signatures > 0 {
		c.signed.Payload, c.signed.Signature = payload.Bytes(), signature.Bytes()
	}
	c.Message = string(message)
	c.Trailers = ParseTrailers(c.Message)
	return c, nil
}

// parseIdentity reads "<name> <<address>> <seconds> <zone>"; what is malformed
// stays empty, as in Git's log.
func parseIdentity(line string) signing.Identity {
	name, rest, _ := strings.Cut(line, "<")
	email, when, _ := strings.Cut(rest, ">")
	s := signing.Identity{Name: oneLine(strings.TrimSpace(name)), Email: oneLine(strings.TrimSpace(email))}
	number, zone, _ := strings.Cut(strings.TrimSpace(when), " ")
	if seconds, err := strconv.ParseInt(number, 10, 64); err == nil {
		s.When = time.Unix(seconds, 0).UTC()
		if at, err := time.Parse("-0700", zone); err == nil {
			s.When = s.When.In(at.Location())
		}
	}
	return s
}

// signatureHeader is where a commit with a SHA-1 id keeps its signature.
const signatureHeader = "gpgsig"

// encodeCommit is the content of a commit, signed if the record asks for it; the
// parent is zero for the first.
func encodeCommit(ctx context.Context, tree, parent plumbing.Hash, record Record) ([]byte, error) {
	var head strings.Builder
	fmt.Fprintf(&head, "tree %s\n", tree)
	if !parent.IsZero() {
		fmt.Fprintf(&head, "parent %s\n", parent)
	}
	fmt.Fprintf(&head, "author %s\ncommitter %s\n", record.Who.Author, record.Who.Committer)
	body := "\n" + record.Message
	if !strings.HasSuffix(body, "\n") {
		body += "\n"
	}
	if record.Sign == nil {
		return []byte(head.String() + body), nil
	}
	signature, err := record.Sign(ctx, []byte(head.String()+body))
	if err != nil {
		return nil, err
	}
	// Git keeps a signature behind all other headers, its lines indented.
	signature = bytes.TrimRight(bytes.ReplaceAll(signature, []byte("\r\n"), []byte("\n")), "\n")
	if len(signature) == 0 {
		return nil, fmt.Errorf("sign the commit: the signature is empty")
	}
	fmt.Fprintf(&head, "%s %s\n", signatureHeader, bytes.ReplaceAll(signature, []byte("\n"), []byte("\n ")))
	return []byte(head.String() + body), nil
}
