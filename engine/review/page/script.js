"use strict";
// The page shows one Review; all text goes through textContent, never as markup.
(() => {
  const data = JSON.parse(document.getElementById("review").textContent);
  const review = data.review, texts = data.texts, names = data.targets;
  const byId = (id) => document.getElementById(id);
  const step = 200; // changes that are put on the page at once

  function el(tag, attributes, ...children) {
    const e = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes || {})) {
      if (key === "onclick") e.addEventListener("click", value);
      else if (value !== false && value != null) e.setAttribute(key, value === true ? "" : value);
    }
    e.append(...children.filter((c) => c != null));
    return e;
  }
  // The group is only named where the kind is none of Kubernetes' own.
  const kindName = (o) => o.kind + (o.group && o.group.includes(".") && !o.group.endsWith(".k8s.io") ? "." + o.group : "");
  const objectName = (o) => kindName(o) + " " + (o.namespace ? o.namespace + "/" : "") + o.name;
  const short = (version) => version.replace(/(sha256:)?([0-9a-f]{12})[0-9a-f]{20,}/g, "$2…");
  const clusterOf = (i) => review.targets[i].cluster;

  function where(indices) {
    if (indices.length === names.length && names.length > 1) return names.length === 2 ? "both targets" : "all " + names.length + " targets";
    const shown = indices.slice(0, 5).map((i) => names[i]).join(", ");
    return indices.length > 5 ? shown + " and " + (indices.length - 5) + " more" : shown;
  }
  const whereNode = (indices) => el("span", { class: "where faint", title: indices.map((i) => names[i]).join(", ") }, where(indices));

  // Every change in a row, in the order of the page.
  const levels = ["block", "caution", "info"];
  const changes = [];
  for (const release of review.releases || []) {
    for (const change of release.changes || []) {
      const hits = (change.hits || []).map((i) => review.hits[i]);
      const open = hits.filter((h) => !h.waived).map((h) => h.level);
      changes.push({
        release, change, hits, id: changes.length, body: null, node: null,
        level: levels.find((l) => open.includes(l)) || "",
        clusters: new Set(change.where.map(clusterOf)),
      });
    }
  }
  const changeOfHit = new Map();
  for (const c of changes) for (const i of c.change.hits || []) if (!changeOfHit.has(i)) changeOfHit.set(i, c);

  function value(v) {
    if (v === undefined) return "";
    return typeof v === "string" ? v : JSON.stringify(v);
  }
  const cut = (s) => (s.length > 400 ? s.slice(0, 400) + "… " + (s.length - 400) + " more characters" : s);

  function haystack(c) {
    if (c.text !== undefined) return c.text;
    const parts = [c.release.name, objectName(c.change.object), c.change.was ? objectName(c.change.was) : "", c.change.where.map((i) => names[i]).join(" ")];
    for (const h of c.hits) parts.push(h.rule, h.reason);
    for (const f of c.change.fields || []) parts.push(f.path, f.class, value(f.before), value(f.after), f.inner ? f.inner.text : "");
    for (const hunk of texts[c.id] || []) parts.push(hunk[2]);
    return (c.text = parts.join("\n").toLowerCase());
  }

  // ---- filters
  const filter = { words: [], risk: "", cluster: "", release: "", routine: false };
  let shown = [], placed = 0, current = -1, lastRelease = null, split = false;

  function matches(c) {
    if (filter.risk === "any" ? c.hits.length === 0 : filter.risk === "none" ? c.level !== "" : filter.risk && c.level !== filter.risk) return false;
    if (filter.cluster && !c.clusters.has(filter.cluster)) return false;
    if (filter.release && c.release.name !== filter.release) return false;
    if (!filter.routine && c.change.routine && c.hits.length === 0 && filter.words.length === 0) return false;
    return filter.words.every((w) => haystack(c).includes(w));
  }

  function update() {
    shown = changes.filter(matches);
    placed = 0; current = -1; lastRelease = null;
    byId("changes").replaceChildren();
    const routine = filter.routine ? 0 : changes.filter((c) => c.change.routine && c.hits.length === 0).length;
    const note = routine && !filter.words.length ? " · " + routine.toLocaleString("en") + " routine ones folded" : "";
    byId("count").textContent = shown.length.toLocaleString("en") + " of " + changes.length.toLocaleString("en") + " changes" + note;
    more();
  }

  function more() {
    const list = byId("changes"), until = Math.min(placed + step, shown.length);
    for (; placed < until; placed++) {
      const c = shown[placed];
      if (c.release !== lastRelease) { list.append(heading(c.release)); lastRelease = c.release; }
      list.append((c.node = row(c, placed)));
    }
  }
  new IntersectionObserver((entries) => { if (entries.some((e) => e.isIntersecting) && placed < shown.length) more(); }, { rootMargin: "1200px" }).observe(byId("more"));

  function heading(release) {
    const causes = (release.causes || []).map((c) => c.fields + " by " + c.text);
    const groups = (release.groups || []).length > 1 ? release.groups.map((g, i) => letter(i) + ": " + where(g.where)) : [];
    return el("div", { class: "release" }, el("h3", {}, release.name),
      causes.length ? el("div", { class: "faint" }, "Changed fields: " + causes.join("; ")) : null,
      groups.length ? el("div", { class: "faint" }, groups.join(" · ")) : null);
  }

  function row(c, position) {
    const sign = { created: "+", changed: "~", removed: "−" }[c.change.status] || "?";
    const counts = new Map();
    for (const f of c.change.fields || []) counts.set(f.class, (counts.get(f.class) || 0) + 1);
    const classes = [...counts].map(([k, n]) => k + (n > 1 ? " ×" + n : "")).join(", ");
    const button = el("button", { "aria-expanded": "false", onclick: () => { select(position); toggle(c); } },
      el("span", { class: "sign " + c.change.status, title: c.change.status }, sign),
      el("span", { class: "name" }, objectName(c.change.object) + (c.change.hook ? " (hook)" : "")),
      c.change.was ? el("span", { class: "faint" }, "was " + c.change.was.name + (c.change.rename === "guess" ? " (a guess)" : "")) : null,
      ...levels.filter((l) => c.hits.some((h) => h.level === l && !h.waived)).map((l) => el("span", { class: "badge " + l }, l)),
      c.hits.some((h) => h.waived) ? el("span", { class: "badge" }, "accepted") : null,
      el("span", { class: "faint" }, classes), whereNode(c.change.where));
    const node = el("div", { class: "change", id: "change-" + c.id }, button);
    if (c.open) { c.open = false; setTimeout(() => toggle(c, true)); }
    return node;
  }

  function toggle(c, open = !c.open) {
    if (open === !!c.open || !c.node) return;
    c.open = open;
    c.node.firstChild.setAttribute("aria-expanded", String(open));
    if (open) c.node.append(body(c)); else c.node.lastChild.remove();
  }

  function body(c) {
    const hits = c.hits.length ? el("ul", { class: "hits" }, ...c.hits.map((h) => hit(h))) : null;
    const fields = c.change.fields || [];
    const table = fields.length ? el("table", { class: "fields" }, ...fields.slice(0, 500).map((f) => el("tr", {},
      el("td", {}, f.path), el("td", { class: "faint" }, f.order ? "order" : f.class),
      el("td", { class: "old" }, f.inner ? "" : cut(value(f.before))), el("td", {}, "→"),
      el("td", { class: "new" }, f.inner ? "see below" : cut(value(f.after)))))) : null;
    const rest = fields.length > 500 ? el("div", { class: "faint" }, (fields.length - 500) + " more fields, see below") : null;
    return el("div", { class: "body" }, hits, table, rest, diff(texts[c.id] || []));
  }

  // anchor is a name that leads to a change; there is none of a hit about a whole release.
  const anchor = (c, name) => el("a", { class: "mono", href: "#change-" + c.id, onclick: (e) => { e.preventDefault(); jump(c); } }, name);

  function hit(h, link) {
    const name = h.object.kind ? objectName(h.object) + (h.path ? " " + h.path : "") : "release " + h.release;
    return el("li", { class: h.level + (h.waived ? " waived" : "") },
      el("span", { class: "badge " + h.level }, h.level), " ",
      link ? anchor(link, name) : el("code", {}, name), " — ", h.reason + (h.consequence ? ": " + h.consequence : "") + " ",
      el("span", { class: "faint" }, h.rule + " · " + where(h.where) + (h.waived ? " · accepted until " + h.waived.until.slice(0, 10) + ": " + h.waived.reason : "")));
  }

  // ---- differences: hunks are [first line before, first line after, lines with their signs]
  function diff(hunks) {
    const table = el("table", {});
    hunks.forEach((hunk, i) => {
      if (i > 0) table.append(el("tr", { class: "gap" }, el("td", { colspan: split ? 4 : 3 }, "⋯")));
      let [before, after] = hunk;
      const lines = hunk[2].split("\n");
      for (let at = 0; at < lines.length;) {
        if (lines[at][0] === " ") {
          const text = lines[at++].slice(1);
          table.append(split ? el("tr", {}, number(before++), code(text), number(after++), code(text)) : el("tr", {}, number(before++), number(after++), code(text, "", " ")));
          continue;
        }
        const gone = [], fresh = [];
        while (at < lines.length && lines[at][0] === "-") gone.push(lines[at++].slice(1));
        while (at < lines.length && lines[at][0] === "+") fresh.push(lines[at++].slice(1));
        if (!gone.length && !fresh.length) { at++; continue; }
        const pairs = gone.length === fresh.length;
        if (split) {
          for (let n = 0; n < Math.max(gone.length, fresh.length); n++) {
            const [a, b] = [gone[n], fresh[n]];
            table.append(el("tr", {},
              a === undefined ? number("") : number(before++), a === undefined ? code("") : code(a, "gone", "", pairs ? b : undefined),
              b === undefined ? number("") : number(after++), b === undefined ? code("") : code(b, "new", "", pairs ? a : undefined)));
          }
        } else {
          gone.forEach((a, n) => table.append(el("tr", {}, number(before++), number(""), code(a, "gone", "-", pairs ? fresh[n] : undefined))));
          fresh.forEach((b, n) => table.append(el("tr", {}, number(""), number(after++), code(b, "new", "+", pairs ? gone[n] : undefined))));
        }
      }
    });
    return el("div", { class: "diff" + (split ? " split" : "") }, table);
  }
  const number = (n) => el("td", { class: "n" }, String(n));
  // code is a line; of two that take each other's place, what differs is set off.
  function code(text, kind, sign = "", other) {
    const cell = el("td", { class: "code " + (kind || "") }, sign);
    if (other === undefined) { cell.append(text); return cell; }
    let from = 0, end = 0;
    while (from < text.length && from < other.length && text[from] === other[from]) from++;
    while (end < text.length - from && end < other.length - from && text[text.length - 1 - end] === other[other.length - 1 - end]) end++;
    cell.append(text.slice(0, from));
    if (from < text.length - end) cell.append(el("b", {}, text.slice(from, text.length - end)));
    cell.append(text.slice(text.length - end));
    return cell;
  }

  // ---- overview
  const letter = (i) => (i < 26 ? "" : letter(Math.floor(i / 26) - 1)) + String.fromCharCode(65 + (i % 26));
  function section(title, ...content) { byId("overview").append(el("h2", {}, title), ...content); }
  function table(head, rows) { return el("table", {}, el("tr", {}, ...head.map((h) => el("th", {}, h))), ...rows.map((r) => el("tr", {}, ...r.map((cell) => el("td", {}, cell))))); }
  const long = 50; // rows of an overview table before the rest is one button
  function bounded(head, rows) {
    const t = table(head, rows.slice(0, long));
    if (rows.length <= long) return t;
    const button = el("button", { onclick: () => { t.append(...rows.slice(long).map((r) => el("tr", {}, ...r.map((cell) => el("td", {}, cell))))); button.remove(); } }, (rows.length - long) + " more");
    return el("div", {}, t, button);
  }

  function hitList(hits) {
    const list = el("ul", { class: "hits" });
    const add = (some) => list.append(...some.map(([h, i]) => hit(h, changeOfHit.get(i))));
    add(hits.slice(0, long));
    if (hits.length <= long) return list;
    const button = el("button", { onclick: () => { add(hits.slice(long)); button.remove(); } }, (hits.length - long) + " more");
    return el("div", {}, list, button);
  }

  function overview() {
    const hits = (review.hits || []).map((h, i) => [h, i]);
    const of = (level) => hits.filter(([h]) => h.level === level && !h.waived);
    const found = (level, title) => { if (of(level).length) section(title + " (" + of(level).length + ")", hitList(of(level))); };
    found("block", "Blockers");
    const removed = changes.filter((c) => c.change.status === "removed");
    if (removed.length) section("Deletions (" + removed.length + ")", bounded(["Object", "Where", "What really happens"], removed.map((c) => [
      anchor(c, objectName(c.change.object)), where(c.change.where),
      c.hits.map((h) => h.consequence || "").filter(Boolean).join(" ") || (c.change.keep ? "It stays in the cluster, without an owner." : "It is deleted.")])));
    found("caution", "Cautions");
    if ((review.restarts || []).length) section("Restarts (" + review.restarts.length + ")", bounded(["Workload", "Why", "Pods", "Where"], review.restarts.map((r) => [
      objectName(r.object), r.why.join(", "), r.perNode ? "one on each node" : String(r.pods), where(r.where)])));
    if ((review.images || []).length) section("Images (" + review.images.length + ")", bounded(["Image", "From → to", "Step", "Workloads", "Where"], review.images.map((i) => [
      i.repository, (i.was ? i.was + " " : "") + (short(i.from || "") || "—") + " → " + (short(i.to || "") || "—"), i.step, i.workloads.map(objectName).join(", "), where(i.where)])));
    if ((review.charts || []).length) section("Charts (" + review.charts.length + ")", bounded(["Chart", "From → to", "Step", "Releases", "Where"], review.charts.map((c) => [
      c.name, (c.from || "—") + " → " + (c.to || "—"), c.step, c.releases.join(", "), where(c.where)])));
    if (names.length > 1 && (review.releases || []).length) {
      const cells = new Map();
      for (const r of review.releases) r.groups.forEach((g, i) => g.where.forEach((w) => cells.set(r.name + "\n" + w, letter(i))));
      const rows = review.releases.map((r) => el("tr", {}, el("th", {}, r.name), ...names.map((_, i) => el("td", {}, cells.get(r.name + "\n" + i) || "·"))));
      section("Where (equal letters are equal changes)", el("table", { class: "matrix" }, el("tr", {}, el("th", {}, ""), ...names.map((n) => el("th", {}, n))), ...rows));
    }
    found("info", "Worth knowing");
    const waived = hits.filter(([h]) => h.waived);
    if (waived.length) section("Accepted (" + waived.length + ")", hitList(waived));
    if ((review.stale || []).length) section("Acceptances", el("ul", {}, ...review.stale.map((s) => el("li", {}, s))));
    if ((review.notes || []).length) section("Remarks", el("ul", {}, ...review.notes.map((s) => el("li", {}, s))));
    section("Make it again", el("code", {}, review.command || ""));
    byId("changes-title").hidden = changes.length === 0;
  }

  // ---- moving about
  function select(position, scroll) {
    while (position >= placed && placed < shown.length) more();
    if (position < 0 || position >= shown.length) return;
    if (shown[current] && shown[current].node) shown[current].node.removeAttribute("data-current");
    current = position;
    const node = shown[current].node;
    node.setAttribute("data-current", "");
    if (scroll) { node.scrollIntoView({ block: "center" }); node.firstChild.focus({ preventScroll: true }); }
  }
  function jump(c) {
    if (!c) return;
    if (!shown.includes(c)) reset();
    select(shown.indexOf(c), true);
    toggle(c, true);
  }
  function reset() {
    Object.assign(filter, { words: [], risk: "", cluster: "", release: "", routine: true });
    for (const id of ["search", "risk", "cluster", "release"]) byId(id).value = "";
    byId("routine").setAttribute("aria-pressed", "true");
    update();
  }
  function risky(direction) {
    for (let i = current + direction; i >= 0 && i < shown.length; i += direction) if (shown[i].level) return select(i, true);
  }
  const all = (open) => shown.slice(0, placed).forEach((c) => toggle(c, open));
  function press(id, on) { byId(id).setAttribute("aria-pressed", String(on)); }
  function setSplit() {
    split = !split; press("split", split);
    for (const c of shown.slice(0, placed)) if (c.open) { toggle(c, false); toggle(c, true); }
  }
  function setRoutine() { filter.routine = !filter.routine; press("routine", filter.routine); update(); }
  function setTheme(dark) { document.documentElement.dataset.theme = dark ? "dark" : "light"; }

  // ---- wiring
  function options(id, first, list) { byId(id).append(...first.map(([v, t]) => el("option", { value: v }, t)), ...list.map((v) => el("option", { value: v }, v))); }
  options("risk", [["", "All risks"], ["any", "Any finding"], ["block", "Blockers"], ["caution", "Cautions"], ["info", "Info"], ["none", "None"]], []);
  options("cluster", [["", "All clusters"]], [...new Set(review.targets.filter((t) => t.change).map((t) => t.cluster))]);
  options("release", [["", "All releases"]], (review.releases || []).map((r) => r.name));
  for (const id of ["risk", "cluster", "release"]) byId(id).addEventListener("change", (e) => { filter[id] = e.target.value; update(); });
  byId("search").addEventListener("input", (e) => { filter.words = e.target.value.toLowerCase().split(/\s+/).filter(Boolean); update(); });
  byId("routine").addEventListener("click", setRoutine);
  byId("split").addEventListener("click", setSplit);
  byId("unfold").addEventListener("click", () => all(true));
  byId("theme").addEventListener("click", () => setTheme(document.documentElement.dataset.theme !== "dark"));
  byId("keys").addEventListener("click", () => byId("help").showModal());
  setTheme(matchMedia("(prefers-color-scheme: dark)").matches);

  addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || byId("help").open) return;
    const search = byId("search");
    if (e.key === "Escape" && search.value) { search.value = ""; filter.words = []; search.blur(); return update(); }
    if (/^(INPUT|SELECT)$/.test(e.target.tagName)) return;
    const keys = {
      "/": () => search.focus(), j: () => select(current + 1, true), k: () => select(current - 1, true),
      n: () => risky(1), p: () => risky(-1), o: () => shown[current] && toggle(shown[current]),
      e: () => all(true), c: () => all(false), r: setRoutine, s: setSplit,
      d: () => setTheme(document.documentElement.dataset.theme !== "dark"), "?": () => byId("help").showModal(),
    };
    if (keys[e.key]) { e.preventDefault(); keys[e.key](); }
  });

  overview();
  update();
})();
