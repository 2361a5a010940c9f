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

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/engine/diff"
)

// TestPage uses the page as a reviewer does: searches, filters, unfolds, follows
// links, with the keyboard too.
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
		if target < 2 && chart == "1.0.0" { // it is not the same on the two
			objects = append(objects, strings.Replace(fill(t, claim, "name=cache"), "ReadWriteOnce", []string{"ReadWriteOnce", "ReadWriteMany"}[target], 1))
		}
		return versionOf(t, "web", chart, objects...)
	}
	for i := range w.targets {
		w.change(i, "web", of(i, "1.0.0", "ghcr.io/acme/web:1.8.2", "info"), of(i, "1.1.0", "ghcr.io/acme/web:1.9.0", "debug"))
	}
	w.change(2, "secrets", versionOf(t, "", "", fill(t, secret, "name=login", "password=b2xk")), versionOf(t, "", "", fill(t, secret, "name=login", "password=bmV3")))
	b := browse(t, w.review())

	b.sees(".verdict", "blocked")
	b.sees(".summary", "1 blocker · 3 clusters · 4 releases · ~10 −2 objects (3 routine) · 3 workloads restart (9 pods) · 1 image")
	b.sees("#again", "reproduce with: weir diff --head main Copy")
	b.sees("#count", "4 of 5 changes, 1 routine folded")
	b.seesAll("#overview h2", "Blockers (1)", "Deletions (2)", "Notes (1)", "Restarts: 3 workloads (9 pods)", "Images (1)", "Charts (1)", "Where")
	b.seesAll("#changes h3, #changes .name", "web", "PersistentVolumeClaim shop/cache", "ConfigMap shop/settings", "Deployment shop/web", "secrets", "Secret shop/login")
	b.readable()
	b.looks("overview")

	// Filters, and counts that follow them.
	b.presses("r")
	b.sees("#count", "5 changes")
	b.presses("r")
	b.picks("target", "cluster:stage")
	b.sees("#count", "3 of 5 changes, 1 routine folded")
	b.seesAll("#overview h2", "Notes (1)", "Restarts: 3 workloads (9 pods)", "Images (1)", "Charts (1)", "Where")
	b.picks("target", "environment:production")
	b.seesAll("#changes .name", "PersistentVolumeClaim shop/cache", "ConfigMap shop/settings", "Deployment shop/web")
	b.picks("target", "")
	b.picks("risk", "block")
	b.sees("#changes .change", "−\nremoved\nPersistentVolumeClaim shop/cache\nblock\n"+"the volume (40Gi) and its data are destroyed, unless the default StorageClass retains it\nprod-eu, prod-us")
	b.sees("#count", "1 of 5 changes")
	b.picks("risk", "")
	b.picks("release", "secrets")
	b.seesAll("#changes .name", "Secret shop/login")
	b.presses("j")
	b.presses("o")
	b.sees(".fields", "data.password\tvalue A → value B")
	b.clicks("#clear")
	b.sees("#count", "4 of 5 changes, 1 routine folded")
	b.gone("#clear")

	// Search, and nothing found.
	b.types("#search", "debug settings")
	b.sees("#count", "1 of 5 changes")
	b.clicks(".change button")
	b.sees(".diff tr:has(.gone)", "11\t\t-       level: info")
	b.clicks("#split")
	b.sees(".diff tr:has(.gone)", "11\t      level: info\t11\t      level: debug")
	b.readable()
	b.looks("side by side")
	b.types("#search", " nowhere")
	b.sees("#changes .empty", "No change matches “debug settings nowhere”.\n\nClear search and filters")
	b.looks("nothing")
	b.presses("Escape")
	b.sees("#count", "4 of 5 changes, 1 routine folded")

	// What stands in the address is what somebody else sees.
	b.clicks("#overview a") // to the claim that goes, in two forms
	b.sees("[data-current] .name", "PersistentVolumeClaim shop/cache")
	b.seesAll("[data-current] h4", "on prod-eu", "on prod-us")
	b.addresses("#split&at=web/PersistentVolumeClaim/cache")
	b.opens("#q=level&cluster=prod-us&at=web/ConfigMap/settings")
	b.sees("#count", "2 of 5 changes")
	b.sees("[data-current] .name", "ConfigMap shop/settings")
	b.sees("[data-current] .diff .new", "+       level: debug")
	b.opens("#at=web/ConfigMap/labelled") // a routine one
	b.sees("[data-current] .name", "ConfigMap shop/labelled")
	b.opens("#release=gone&q=%zz") // of another review
	b.sees("#count", "4 of 5 changes, 1 routine folded")

	// Keys.
	b.presses("j")
	b.sees(":focus .name", "PersistentVolumeClaim shop/cache")
	b.presses("j")
	b.sees(":focus .name", "ConfigMap shop/settings")
	b.presses("p")
	b.sees(":focus .name", "PersistentVolumeClaim shop/cache")
	b.presses("e")
	b.sees("#unfold", "Fold")
	b.counts(".body", 4)
	b.presses("e")
	b.counts(".body", 0)
	b.presses("?")
	b.sees("dialog[open] h2", "Keys")
	b.looks("keys")
	b.clicks("dialog button")
	b.gone("dialog[open]")

	b.prefersDark()
	b.sees("#theme", "Light")
	b.colour("rgb(13, 17, 23)")
	b.presses("e")
	b.readable()
	b.looks("dark")
	b.presses("d")
	b.sees("#theme", "Dark")
	b.colour("rgb(255, 255, 255)")
	b.narrow()
	b.gone("#tools")
	b.clicks("#filters")
	b.sees("#routine", "Routine (1)")
	b.readable()
	b.looks("narrow")
	b.fine()
}

// TestPageOfAFarewell is of a release that goes, and of lines that move.
func TestPageOfAFarewell(t *testing.T) {
	w := &world{t: t}
	w.target("production", "prod-eu")
	w.target("staging", "stage")
	for i := range w.targets {
		w.change(i, "cache", versionOf(t, "", "", fill(t, configMap, "name=cache"), fill(t, statefulSet, "name=cache", "chart=redis-1")), nil)
		before := fill(t, configMap, "name=web")
		w.change(i, "web", versionOf(t, "", "", before), versionOf(t, "", "", strings.Replace(before, "    log:\n      level: info\n", "    trace:\n      rate: 1\n    log:\n      level: debug\n", 1)))
	}
	b := browse(t, w.review())
	b.seesAll("#overview .section:nth-child(2) :is(h2, td div, td > button)", "Deletions (4)",
		"release cache", "removed from both targets, with 4 objects",
		"StatefulSet shop/cache", "among the blockers above",
		"and 2 more objects, without a risk of their own")
	b.clicks("#overview .more")
	b.seesAll("#overview .section:nth-child(2) tr:last-child td div", "ConfigMap shop/cache", "it is deleted; no pods read it")
	b.clicks("#overview .section:nth-child(2) a") // the release
	b.addresses("#release=cache")
	b.seesAll("#changes .name", "StatefulSet shop/cache", "ConfigMap shop/cache")
	b.opens("#split&at=web/ConfigMap/web")
	b.seesAll(".diff tr:has(.gone, .new)", "\t\t10\t    trace:", "\t\t11\t      rate: 1", "11\t      level: info\t13\t      level: debug")
	b.looks("moved")
	b.fine()
}

// TestPageOfNothing is of a review in which nothing changes.
func TestPageOfNothing(t *testing.T) {
	w := &world{t: t}
	w.target("production", "prod-eu")
	b := browse(t, w.review())
	b.sees("h1", "no changes shop")
	b.gone("nav")
	b.looks("nothing")
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
	b.sees("#count", "10,000 changes")
	b.counts(".change", 200) // the others as somebody gets there
	b.opens("#at=many/ConfigMap/web-04999")
	b.sees("[data-current] .name", "ConfigMap shop/web-04999")
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
		b.presses("s")
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

// seesAll expects the texts of all elements that a selector finds.
func (b *browser) seesAll(selector string, want ...string) {
	b.t.Helper()
	got := do(b, chromedp.Evaluate[[]string](fmt.Sprintf("[...document.querySelectorAll(%q)].map((e) => e.innerText)", selector)))
	if diff := cmp.Diff(want, got); diff != "" {
		b.t.Errorf("%s (-want +got):\n%s", selector, diff)
	}
}

// counts expects as many elements.
func (b *browser) counts(selector string, want int) {
	b.t.Helper()
	if got := do(b, chromedp.Evaluate[int](fmt.Sprintf("document.querySelectorAll(%q).length", selector))); got != want {
		b.t.Errorf("%s: %d, want %d", selector, got, want)
	}
}

// gone expects that nobody sees an element.
func (b *browser) gone(selector string) {
	b.t.Helper()
	if do(b, chromedp.Evaluate[bool](fmt.Sprintf("document.querySelector(%q)?.checkVisibility() ?? false", selector))) {
		b.t.Errorf("%s is to be seen", selector)
	}
}

// addresses expects what follows the page's name in its address.
func (b *browser) addresses(want string) {
	b.t.Helper()
	if got := do(b, chromedp.Evaluate[string]("location.hash")); got != want {
		b.t.Errorf("address %s, want %s", got, want)
	}
}

// opens follows a link to somewhere in the page.
func (b *browser) opens(hash string) {
	b.t.Helper()
	do(b, chromedp.Evaluate[bool](fmt.Sprintf("new Promise((done) => { addEventListener('hashchange', () => done(true), { once: true }); location.hash = %q })", hash), chromedp.EvalAwaitPromise))
}

// prefersDark is a system that is set so.
func (b *browser) prefersDark() {
	b.t.Helper()
	dark := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}}
	if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, dark); err != nil {
		b.t.Fatal(err)
	}
	do(b, chromedp.Evaluate[bool]("new Promise((done) => requestAnimationFrame(() => done(true)))", chromedp.EvalAwaitPromise))
}

// narrow is the screen of a telephone, on which nothing may be wider.
func (b *browser) narrow() {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: 400, Height: 900, DeviceScaleFactor: 1}); err != nil {
		b.t.Fatal(err)
	}
	if got := do(b, chromedp.Evaluate[int]("document.documentElement.scrollWidth")); got > 400 {
		b.t.Errorf("on a screen of 400 pixels the page is %d wide", got)
	}
}

// colour expects that of the page.
func (b *browser) colour(want string) {
	b.t.Helper()
	if got := do(b, chromedp.Evaluate[string]("getComputedStyle(document.body).backgroundColor")); got != want {
		b.t.Errorf("the page is %s, want %s", got, want)
	}
}

// readable expects of every text the contrast that WCAG 2 asks for at level AA.
func (b *browser) readable() {
	b.t.Helper()
	for _, text := range do(b, chromedp.Evaluate[[]string](poorContrast)) {
		b.t.Error(text)
	}
}

const poorContrast = `(() => {
  const channels = (colour) => colour.match(/[0-9.]+/g).map(Number);
  const luminance = (colour) => {
    const [r, g, b] = channels(colour).map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (e) => {
    for (; e; e = e.parentElement) { const colour = getComputedStyle(e).backgroundColor; if (channels(colour)[3] !== 0) return colour; }
    return "rgb(255, 255, 255)";
  };
  const poor = new Set();
  for (const e of document.body.querySelectorAll("*")) {
    if (!e.checkVisibility() || ![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim())) continue;
    const text = getComputedStyle(e).color, back = behind(e);
    const [low, high] = [luminance(text), luminance(back)].sort((a, b) => a - b);
    const ratio = (high + 0.05) / (low + 0.05);
    if (ratio < 4.5) poor.add(e.tagName + "." + e.className + ": " + text + " on " + back + " is " + ratio.toFixed(2));
  }
  return [...poor];
})()`

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
