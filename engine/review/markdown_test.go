package review

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer/html"
	nethtml "golang.org/x/net/html"

	"github.com/weir-dev/weir/engine/risk"
)

// TestMarkdownOfAnything makes reviews of hostile text at all sizes and budgets
// and reads them as a forge does.
func TestMarkdownOfAnything(t *testing.T) {
	reviews := 150
	if testing.Short() {
		reviews = 50
	}
	for seed := range uint64(reviews) {
		g := generator{rand.New(rand.NewPCG(seed, 5))}
		r := g.review(pick(g, 0, 1, 3, 10, 40, 150))
		o := MarkdownOptions{Name: pick(g, "", g.text()), Report: pick(g, "", "review.html", "https://ci.example.com/a_b/(1)?q=<x>"), Characters: pick(g, 0, 1, SmallestBudget+g.IntN(9000), 20_000), Bytes: pick(g, 0, 1, 30_000)}
		got := r.Markdown(o)
		if err := readAsForge(got, o); err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, got)
		}
		if err := tellsAll(r, string(got)); err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, got)
		}
		if again := r.Markdown(o); !bytes.Equal(got, again) {
			t.Fatalf("seed %d: not the same bytes twice", seed)
		}
	}
}

// TestMarkdownOfTooMuch has thousands of blockers and deletions.
func TestMarkdownOfTooMuch(t *testing.T) {
	for seed := range uint64(2) {
		g := generator{rand.New(rand.NewPCG(seed, 6))}
		r := g.review(3000)
		for _, characters := range []int{SmallestBudget, 10_000, 60_000, 1_000_000} {
			o := MarkdownOptions{Characters: characters, Bytes: 4 * characters}
			got := r.Markdown(o)
			if err := readAsForge(got, o); err != nil {
				t.Fatalf("seed %d at %d: %v", seed, characters, err)
			}
			if err := tellsAll(r, string(got)); err != nil {
				t.Fatalf("seed %d at %d: %v\n%s", seed, characters, err, got)
			}
		}
	}
}

// readAsForge checks Markdown by its source and by what becomes of it.
func readAsForge(document []byte, o MarkdownOptions) error {
	characters, size := o.Characters, o.Bytes
	if characters == 0 {
		characters = 60_000
	}
	if size == 0 {
		size = 240_000
	}
	characters, size = max(characters, SmallestBudget), max(size, 4*SmallestBudget)
	if !utf8.Valid(document) {
		return fmt.Errorf("no UTF-8")
	}
	if n := utf8.RuneCount(document); n > characters || len(document) > size {
		return fmt.Errorf("%d characters in %d bytes are more than %d in %d", n, len(document), characters, size)
	}
	if err := balanced(string(document)); err != nil {
		return err
	}
	var rendered bytes.Buffer
	forge := goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(html.WithUnsafe()))
	if err := forge.Convert(document, &rendered); err != nil {
		return err
	}
	return harmless(rendered.String(), o)
}

// balanced checks fences, folds and tables line by line.
func balanced(document string) error {
	fence, depth, columns := "", 0, 0
	for i, line := range strings.Split(document, "\n") {
		run := line[:len(line)-len(strings.TrimLeft(line, "`"))]
		switch {
		case fence != "":
			if line == fence {
				fence = ""
			} else if len(run) >= len(fence) {
				return fmt.Errorf("line %d: a fence ends in its middle", i+1)
			}
			continue
		case len(run) >= 3:
			fence = run
		}
		switch {
		case strings.HasPrefix(line, "<details"):
			depth++
		case line == "</details>":
			depth--
		}
		if depth < 0 {
			return fmt.Errorf("line %d: a fold ends that never began", i+1)
		}
		if !strings.HasPrefix(line, "|") {
			columns = 0
			continue
		}
		n := len(regexp.MustCompile(`(^|[^\\])(\\\\)*\|`).FindAllString(line, -1))
		if columns > 0 && n != columns {
			return fmt.Errorf("line %d: %d cells in a table of %d", i+1, n-1, columns-1)
		}
		columns = n
	}
	if fence != "" || depth != 0 {
		return fmt.Errorf("at the end fence %q is open, and %d folds", fence, depth)
	}
	return nil
}

var (
	elements = regexp.MustCompile(`^(h3|h4|p|ul|li|table|thead|tbody|tr|th|td|code|pre|details|summary|b|strong|em|hr|a)$`)
	calls    = regexp.MustCompile(`@[\pL\pN_-]|(^|[^&])#\d|(?i)\bGH-\d|[!%$^&]\d|~[a-z"]|://|(?i)www\.[a-z]|:[a-z]+:`)
)

// harmless checks what a reader's browser gets: elements that we write and no
// others, closed in order, and no text that a forge would make more of.
func harmless(page string, o MarkdownOptions) error {
	z := nethtml.NewTokenizer(strings.NewReader(page))
	var open []string
	comments := 0
	for {
		switch z.Next() {
		case nethtml.ErrorToken:
			if len(open) > 0 {
				return fmt.Errorf("%v are never closed", open)
			}
			return nil
		case nethtml.CommentToken:
			if comments++; comments > 1 {
				return fmt.Errorf("a comment that is none of ours: %s", z.Raw())
			}
		case nethtml.StartTagToken:
			tag := z.Token()
			if !elements.MatchString(tag.Data) {
				return fmt.Errorf("a stranger: %s", tag)
			}
			for _, a := range tag.Attr {
				if ours := tag.Data == "details" && a.Key == "open" || tag.Data == "code" && a.Key == "class" || tag.Data == "a" && strings.HasPrefix(a.Val, "https://ci.example.com/a_b/") && o.Report != ""; !ours {
					return fmt.Errorf("a stranger's attribute: %s", tag)
				}
			}
			if tag.Data != "hr" {
				open = append(open, tag.Data)
			}
		case nethtml.EndTagToken:
			tag := z.Token()
			if len(open) == 0 || open[len(open)-1] != tag.Data {
				return fmt.Errorf("%s ends in %v", tag.Data, open)
			}
			open = open[:len(open)-1]
		case nethtml.TextToken:
			text := z.Token().Data
			if c := strings.IndexFunc(text, func(c rune) bool { return c != '\n' && c != 0x200b && c != 0xfe0f && isHidden(c) }); c >= 0 {
				return fmt.Errorf("hidden character in %q", text)
			}
			inCode := len(open) > 0 && (open[len(open)-1] == "code" || open[len(open)-1] == "pre")
			if found := calls.FindString(text); found != "" && !inCode {
				return fmt.Errorf("%q calls somebody in %q", found, text)
			}
		}
	}
}

var (
	counted = regexp.MustCompile(`\*\*([\d,]+) × `)
	left    = regexp.MustCompile(`\*\+([\d,]+) `)
)

// tellsAll checks that every blocker and every deletion is named or counted.
func tellsAll(r Review, document string) error {
	section := func(title string) string {
		_, text, found := strings.Cut(document, "\n#### "+title)
		if !found {
			return ""
		}
		for _, next := range []string{"\n#### ", "\n<details", "\n- ⚠️ "} {
			text, _, _ = strings.Cut(text, next)
		}
		return text
	}
	sum := func(text string) int {
		n := 0
		for _, expression := range []*regexp.Regexp{counted, left} {
			for _, m := range expression.FindAllStringSubmatch(text, -1) {
				add, _ := strconv.Atoi(strings.ReplaceAll(m[1], ",", ""))
				n += add
			}
		}
		return n
	}
	if blockers := r.of(risk.Block); len(blockers) > 0 {
		text := section("⛔ " + count(len(blockers), "blocker", "blockers"))
		lines := strings.Count(text, "\n- ")
		if n := sum(text); lines != len(grouped(blockers)) && n != len(blockers) {
			return fmt.Errorf("of %d blockers %d are in %d lines", len(blockers), n, lines)
		}
	}
	if goes := r.gone(); goes.objects > 0 {
		text := section("🗑 " + count(goes.objects, "deletion", "deletions"))
		rows, want := strings.Count(text, "\n| ")-2, len(goes.releases)+len(goes.told)
		if goes.others() != "" {
			want++
		}
		if n := sum(text); rows != want && n != goes.objects {
			return fmt.Errorf("of %d deletions %d are in %d rows of %d", goes.objects, n, rows, want)
		}
	}
	return nil
}

func TestImageStep(t *testing.T) {
	for step, want := range map[string]string{
		"major": "**major**", "minor": "minor", "downgrade": "**downgrade**",
		"digest": "same tag, **new digest**", "retag": "same digest", "unpinned": "**digest dropped**", "other": "",
	} {
		if got := imageStep(step); got != want {
			t.Errorf("%s: %q, want %q", step, got, want)
		}
	}
}
