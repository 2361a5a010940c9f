package review

import (
	"slices"
	"strings"
)

// manySentences is up to how many sentences it is worth to look for what they
// have in common.
const manySentences = 500

// told are sentences in which those are one that differ in a single word: "Cluster
// a, b goes from 1.33 to 1.34." Of more words than limit the rest is counted.
func told(all []string, limit int) []string {
	if len(all) > manySentences {
		return all
	}
	type group struct {
		words []string
		at    int // of the word that differs; -1 of a sentence alone
		seen  []string
	}
	var groups []group
sentences:
	for _, sentence := range all {
		words := strings.Fields(sentence)
		for i := range groups {
			g := &groups[i]
			at, ok := single(g.words, words)
			if !ok || g.at >= 0 && g.at != at {
				continue
			}
			if g.at < 0 {
				g.at, g.seen = at, []string{g.words[at]}
			}
			g.seen = append(g.seen, words[at])
			continue sentences
		}
		groups = append(groups, group{words: words, at: -1})
	}
	said := make([]string, len(groups))
	for i, g := range groups {
		if g.at >= 0 {
			g.words[g.at] = listed(g.seen, limit)
		}
		said[i] = strings.Join(g.words, " ")
	}
	return said
}

// single is the only word in which two sentences differ; the first does not count.
func single(a, b []string) (at int, ok bool) {
	if len(a) != len(b) {
		return 0, false
	}
	at = -1
	for i := range a {
		if a[i] == b[i] {
			continue
		}
		if at >= 0 {
			return 0, false
		}
		at = i
	}
	return at, at > 0
}

// listed is words of a sentence, with the punctuation of the last behind all.
func listed(words []string, limit int) string {
	end := words[0][len(strings.TrimRight(words[0], ".,:;")):]
	if slices.ContainsFunc(words, func(w string) bool { return !strings.HasSuffix(w, end) }) {
		end = ""
	}
	for i, w := range words {
		words[i] = strings.TrimSuffix(w, end)
	}
	return strings.Join(limited(words, limit), ", ") + end
}
