package review

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/engine/diff"
)

// TestPage uses the page as a reviewer does: searches, filters, unfolds, with
// the keyboard too.
func TestPage(t *testing.T) {
	w := &world{t: t}
	w.target("production", "prod-eu")
	w.target("production", "prod-us")
	w.target("staging", "stage")
	of := func(target int, chart, image, log string) *diff.Version {
		objects := []string{
			fill(t, deployment, "name=web", "chart=web-"+chart, "image="+image),
			fill(t, configMap, "name=settings", "log="+log),
			fill(t, configMap, "name=labelled", "chart=web-"+chart),
		}
		if target == 0 && chart == "1.0.0" {
			objects = append(objects, fill(t, claim, "name=cache"))
		}
		return versionOf(t, "web", chart, objects...)
	}
	for i := range w.targets {
		w.change(i, "web", of(i, "1.0.0", "ghcr.io/acme/web:1.8.2", "info"), of(i, "1.1.0", "ghcr.io/acme/web:1.9.0", "debug"))
	}
	w.change(2, "secrets", versionOf(t, "", "", fill(t, secret, "name=login", "password=b2xk")), versionOf(t, "", "", fill(t, secret, "name=login", "password=bmV3")))
	b := browse(t, w.review())

	b.sees("#count", "4 of 5 changes · 1 routine ones folded")
	b.sees(".verdict", "blocked")
	b.looks("overview")

	b.presses("r")
	b.sees("#count", "5 of 5 changes")
	b.picks("cluster", "stage")
	b.sees("#count", "4 of 5 changes")
	b.picks("cluster", "")
	b.picks("risk", "block")
	b.sees("#changes", "web\nA: prod-us, stage · B: prod-eu\n−\nPersistentVolumeClaim shop/cache\nblock\nprod-eu")
	b.picks("risk", "")
	b.picks("release", "secrets")
	b.presses("j")
	b.presses("o")
	b.sees(".fields", "data.password\tsecret\tvalue A\t→\tvalue B")
	b.picks("release", "")

	b.types("#search", "debug settings")
	b.sees("#count", "1 of 5 changes")
	b.clicks(".change button")
	b.sees(".diff tr:has(.gone)", "11\t\t-      level: info")
	b.clicks("#split")
	b.sees(".diff tr:has(.gone)", "11\t      level: info\t11\t      level: debug")
	b.looks("side by side")
	b.presses("Escape")
	b.sees("#count", "5 of 5 changes")

	b.clicks("#overview a") // to the claim that goes
	b.sees("[data-current] .name", "PersistentVolumeClaim shop/cache")
	b.clicks("#theme")
	b.looks("the other theme")
	b.fine()
}

// TestPageOfTenThousand opens a page of 10,000 changed objects.
func TestPageOfTenThousand(t *testing.T) {
	w := &world{t: t}
	w.target("production", "prod-eu")
	var before, after []string
	for i := range 10_000 {
		name := fmt.Sprintf("name=web-%05d", i)
		before = append(before, fill(t, configMap, name, "log=info"))
		after = append(after, fill(t, configMap, name, "log=debug"))
	}
	w.change(0, "many", versionOf(t, "web", "1.0.0", before...), versionOf(t, "web", "1.0.0", after...))
	b := browse(t, w.review())
	b.sees("#count", "10,000 of 10,000 changes")
	b.types("#search", "web-09999")
	b.sees("#count", "1 of 10,000 changes")
	b.sees("#changes .name", "ConfigMap shop/web-09999")
	b.looks("ten thousand")
	b.fine()
}

// TestPageIsText shows texts that want to be more than text.
func TestPageIsText(t *testing.T) {
	for seed := range uint64(3) {
		b := browse(t, generator{rand.New(rand.NewPCG(seed, 7))}.review(50))
		b.presses("r")
		b.presses("e")
		b.fine()
	}
}

// browser is a page in a headless Chromium.
type browser struct {
	t       *testing.T
	ctx     context.Context
	address string
	wrong   []string // requests and exceptions
}

func browse(t *testing.T, r Review) *browser {
	t.Helper()
	program, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("WEIR_NO_SKIP") != "" {
			t.Fatal(err)
		}
		t.Skip("SKIPPED: the page is not opened, there is no chromium on this machine")
	}
	page, err := r.HTML()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "review.html")
	if err = os.WriteFile(file, page, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := chromedp.NewExecAllocator(t.Context(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.UserDataDir(t.TempDir()), chromedp.WindowSize(1280, 1400))...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	ctx, end := context.WithTimeout(ctx, 2*time.Minute) // a browser that hangs is no reason to wait for ever
	t.Cleanup(end)
	b := &browser{t: t, ctx: ctx, address: "file://" + file}
	err = chromedp.Listen(ctx, func(event any) {
		switch event := event.(type) {
		case *runtime.EventExceptionThrown:
			b.wrong = append(b.wrong, fmt.Sprintf("exception: %+v", event.ExceptionDetails))
		case *runtime.EventConsoleAPICalled:
			b.wrong = append(b.wrong, "console: "+event.Type.String())
		case *network.EventRequestWillBeSent:
			if !strings.HasPrefix(event.Request.URL, b.address) {
				b.wrong = append(b.wrong, "request: "+event.Request.URL)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	do(b, chromedp.Navigate(b.address))
	return b
}

func do[T any](b *browser, action chromedp.Action[T]) T {
	b.t.Helper()
	result, err := chromedp.Run(b.ctx, action)
	if err != nil {
		b.t.Fatalf("%v; so far: %q", err, b.wrong)
	}
	return result
}

// sees expects the text of the first element that a selector finds.
func (b *browser) sees(selector, want string) {
	b.t.Helper()
	got := do(b, chromedp.Evaluate[string](fmt.Sprintf("document.querySelector(%q)?.innerText ?? 'nothing'", selector)))
	if diff := cmp.Diff(want, got); diff != "" {
		b.t.Errorf("%s (-want +got):\n%s", selector, diff)
	}
}

func (b *browser) clicks(selector string) {
	b.t.Helper()
	do(b, chromedp.Click(chromedp.CSS(selector)))
}

func (b *browser) types(selector, text string) {
	b.t.Helper()
	do(b, chromedp.SendKeys(chromedp.CSS(selector), text))
}

func (b *browser) presses(key string) {
	b.t.Helper()
	if key == "Escape" {
		key = "\x1b"
	}
	do(b, chromedp.KeyEvent(key))
}

// picks chooses an option; a person's choice makes this event.
func (b *browser) picks(id, value string) {
	b.t.Helper()
	do(b, chromedp.Evaluate[bool](fmt.Sprintf("{ const e = document.getElementById(%q); e.value = %q; e.dispatchEvent(new Event('change')) }", id, value)))
}

// looks takes a picture for people, where they ask for it.
func (b *browser) looks(name string) {
	b.t.Helper()
	dir := os.Getenv("WEIR_PICTURES")
	if dir == "" {
		return
	}
	picture := do(b, chromedp.CaptureScreenshot())
	if err := os.WriteFile(filepath.Join(dir, strings.ReplaceAll(b.t.Name()+" "+name, "/", " ")+".png"), picture, 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// fine expects that nothing went wrong on the way.
func (b *browser) fine() {
	b.t.Helper()
	for _, w := range b.wrong {
		b.t.Error(w)
	}
}
