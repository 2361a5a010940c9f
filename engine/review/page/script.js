"use strict";
// The page shows one review, in the words that page.go found for it. All text goes
// through textContent, never as markup.
(() => {
  const byId = (id) => document.getElementById(id);
  const read = (id) => { const e = byId(id), data = JSON.parse(e.textContent); e.remove(); return data; };
  const review = read("review");
  const { targets, places, releases, rows, hits } = review;
  let texts; // lines of all objects: most of the page, and not needed to open it
  const hunksOf = (row) => (texts ??= read("texts"))[row.id];

  const batch = 200, unfoldedBatch = 20; // rows that are put on the page at once
  const long = { items: 50, names: 8, lines: 400, line: 1000, context: 200 }; // what is longer is one click more
  const levels = ["block", "caution", "info"];

  function el(tag, attributes, ...children) {
    const e = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes || {})) {
      if (key === "onclick") e.addEventListener("click", value);
      else if (value !== false && value != null) e.setAttribute(key, value === true ? "" : value);
    }
    e.append(...children.flat(Infinity).filter((c) => c != null && c !== ""));
    return e;
  }
  const number = (n) => n.toLocaleString("en");
  const count = (n, noun) => number(n) + " " + noun + (n === 1 ? "" : "s");
  // expander is a button that puts the rest where it stands.
  function expander(text, rest, tag = "button") {
    const button = el("button", { class: "link more", onclick: (e) => { e.stopPropagation(); (tag === "button" ? button : button.closest(tag)).replaceWith(...[rest()].flat()); } }, text);
    return button;
  }

  rows.forEach((row, id) => {
    row.id = id;
    row.hits = (row.h || []).map((i) => hits[i]);
    const open = row.hits.filter((h) => !h.waived).map((h) => h.l);
    row.levels = new Set(open);
    row.worst = levels.find((l) => row.levels.has(l)) || "";
  });
  const byKey = new Map();
  for (const row of rows) {
    // Two objects may share a name, such as hooks: the later ones are counted.
    let key = row.k;
    for (let n = 2; byKey.has(key); n++) key = row.k + "~" + n;
    byKey.set((row.k = key), row);
  }

  const whereNode = (place) => place < 0 || !places[place].text ? null : el("span", { class: "where", title: places[place].all }, places[place].text);
  const inPlace = (place) => place < 0 || !state.target || places[place].at.some(isTarget);
  const isTarget = (i) => state.target === "cluster:" + targets[i][0] || state.target === "environment:" + targets[i][1];

  // ---- state: what is shown, as it stands in the address
  const nothing = { q: "", risk: "", target: "", release: "", routine: false, split: false, at: "" };
  const state = { ...nothing };
  let words = [];
  const quote = (s) => encodeURIComponent(s).replace(/%20/g, "+").replace(/%2F/g, "/").replace(/%3A/g, ":").replace(/%40/g, "@");
  function address(of = state) {
    const parts = [];
    for (const [key, value] of Object.entries(of)) {
      if (!value) continue;
      if (key === "target") { const [kind, name] = split2(value, ":"); parts.push(kind + "=" + quote(name)); }
      else parts.push(value === true ? key : key + "=" + quote(value));
    }
    return "#" + parts.join("&");
  }
  const split2 = (s, by) => { const i = s.indexOf(by); return i < 0 ? [s, ""] : [s.slice(0, i), s.slice(i + by.length)]; };
  function readAddress() {
    Object.assign(state, nothing);
    for (const part of location.hash.slice(1).split("&")) {
      let [key, value] = split2(part, "=");
      try { value = decodeURIComponent(value.replace(/\+/g, " ")); } catch { continue; }
      if (key === "cluster" || key === "environment") state.target = part ? key + ":" + value : "";
      else if (key === "routine" || key === "split") state[key] = true;
      else if (key in nothing) state[key] = value;
    }
    // What the page does not have cannot be chosen.
    for (const id of ["risk", "target", "release"]) if (![...byId(id).options].some((o) => o.value === state[id])) state[id] = "";
    byId("search").value = state.q;
  }
  function writeAddress(step) {
    try { history[step ? "pushState" : "replaceState"](null, "", address() === "#" ? location.href.split("#")[0] : address()); } catch { /* a page in a frame may have no history */ }
  }

  // ---- filters
  const pattern = (word) => new RegExp(word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "i");
  const placeText = (place) => place < 0 ? "" : (places[place].all || "") + " " + (places[place].text || "");
  const says = (word, row) =>
    word.test(row.n) || word.test(row.ns || "") || word.test(row.was || "") || word.test(releases[row.r].name) || word.test(placeText(row.p)) ||
    row.hits.some((h) => word.test(h.rule) || word.test(h.t) || word.test(h.n || "")) ||
    row.f.some((form) => (form.f || []).some((f) => f.some((s) => word.test(s)))) ||
    hunksOf(row).some((form) => form.some((hunk) => word.test(hunk[2])));
  const itemText = (item) => (item.text ??= item.c.flat().map((part) => [part.t, part.c, part.f, (part.o || []).map((o) => o.n + " " + (o.in || "")).join("\n")].join("\n")).join("\n") + "\n" + placeText(item.p));
  function hasRisk(levelsOf, waived) {
    switch (state.risk) {
      case "": return true;
      case "any": return levelsOf.size > 0 || waived;
      case "none": return levelsOf.size === 0 && !waived;
      case "accepted": return waived;
    }
    return levelsOf.has(state.risk);
  }
  const isQuiet = (row) => row.routine && !state.routine && !words.length && !state.risk;
  const matches = (row) =>
    hasRisk(row.levels, row.hits.some((h) => h.waived)) && inPlace(row.p) &&
    (!state.release || releases[row.r].name === state.release) &&
    words.every((w) => says(w, row));
  const matchesItem = (item) =>
    hasRisk(new Set(item.l && !item.waived ? [item.l] : []), !!item.waived) && inPlace(item.p) &&
    (!state.release || !item.r || !item.r.length || item.r.some((r) => releases[r].name === state.release)) &&
    words.every((w) => w.test(itemText(item)));
  const filtered = () => words.length > 0 || state.risk || state.target || state.release;

  let shown = [], placed = 0, current = null, lastRelease = -1, unfolded = false;
  function update() {
    words = state.q.split(/\s+/).filter(Boolean).map(pattern);
    const all = rows.filter(matches);
    shown = all.filter((row) => !isQuiet(row));
    const quiet = all.length - shown.length;
    placed = 0; current = null; lastRelease = -1;
    for (const row of rows) row.node = null;
    overview();
    byId("changes").replaceChildren(el("h2", { class: "sr" }, "Changes"));
    if (!shown.length && rows.length) {
      byId("changes").append(el("div", { class: "empty" },
        el("p", {}, filtered() ? "No change matches" + (state.q.trim() ? " “" + state.q.trim() + "”" : "") + chosen() + "." : "Only routine changes."),
        filtered() ? el("button", { onclick: clear }, "Clear search and filters") : el("button", { onclick: setRoutine }, "Show them")));
    }
    more();
    const said = filtered() || quiet ? number(shown.length) + " of " + count(rows.length, "change") : count(rows.length, "change");
    byId("count").textContent = said + (quiet ? ", " + number(quiet) + " routine folded" : "");
    byId("clear").hidden = !filtered();
    for (const id of ["risk", "target", "release"]) { byId(id).value = state[id]; byId(id).classList.toggle("on", !!state[id]); }
    const on = ["risk", "target", "release"].filter((id) => state[id]).length;
    byId("filters").textContent = "Filters" + (on ? " (" + on + ")" : "");
    press("routine", state.routine); press("split", state.split); press("unfold", unfolded);
  }
  const chosen = () => ["risk", "target", "release"].filter((id) => state[id]).map((id) => ", " + byId(id).selectedOptions[0].text).join("");

  function more() {
    const list = byId("changes"), until = Math.min(placed + (unfolded ? unfoldedBatch : batch), shown.length);
    for (; placed < until; placed++) {
      const row = shown[placed];
      if (row.r !== lastRelease) { list.append(...heading(releases[row.r], row.r)); lastRelease = row.r; }
      list.append((row.node = node(row)));
      if (row.open || unfolded) toggle(row, true, true);
    }
  }
  new IntersectionObserver((entries) => { if (entries.some((e) => e.isIntersecting)) { const before = placed; more(); if (placed > before) refill(); } }, { rootMargin: "1200px" }).observe(byId("more"));
  // refill asks again: what was added may be too short to leave the margin.
  const refill = () => requestAnimationFrame(() => { if (placed < shown.length && byId("more").getBoundingClientRect().top < innerHeight + 1200) { more(); refill(); } });

  function heading(release, i) {
    const routine = rows.filter((row) => row.r === i && row.routine);
    const quiet = routine.length && isQuiet(routine[0]);
    return [
      el("div", { class: "release" }, el("h3", {}, release.name), el("span", { class: "faint" }, release.about)),
      el("div", { class: "about faint" },
        (release.lines || []).map((line) => el("div", {}, line)),
        release.folded ? el("div", {}, release.folded, " ", quiet ? el("button", { class: "link more", onclick: setRoutine }, "Show") : null) : null),
      (release.hits || []).some((h) => hits[h].l !== "info") ? el("ul", { class: "hits" }, release.hits.map((h) => hits[h]).filter((h) => h.l !== "info").map((h) => hit(h, -1, true))) : null,
    ].filter(Boolean);
  }

  function node(row) {
    const sign = { created: "+", changed: "~", removed: "−" }[row.s];
    return el("div", { class: "change" }, el("button", { "aria-expanded": "false", onclick: () => { look(row); toggle(row); } },
      el("span", { class: "sign " + row.s, "aria-hidden": "true" }, sign), el("span", { class: "sr" }, row.s),
      el("span", { class: "name" }, row.n),
      row.in ? el("span", { class: "faint", title: row.ns }, row.in) : null,
      row.was ? el("span", { class: "faint" }, row.was) : null,
      ["block", "caution"].filter((l) => row.levels.has(l)).map((l) => el("span", { class: "badge " + l }, l)),
      row.hits.some((h) => h.waived) ? el("span", { class: "badge" }, "accepted") : null,
      el("span", { class: "brief" }, row.b || ""), whereNode(row.p)));
  }

  function toggle(row, open = !row.open, fresh) {
    if (!row.node || (!fresh && open === !!row.open)) return;
    row.open = open;
    row.node.firstChild.setAttribute("aria-expanded", String(open));
    row.node.toggleAttribute("data-open", open);
    if (open) row.node.append(body(row)); else row.node.lastChild.remove();
  }
  const redraw = () => { for (const row of shown.slice(0, placed)) if (row.open) { row.node.lastChild.remove(); row.node.append(body(row)); } };

  function body(row) {
    const forms = row.f.map((form, i) => [form, hunksOf(row)[i]]).filter(([form]) => inPlace(form.p));
    return el("div", { class: "body" },
      el("div", { class: "acts" }, copier("Copy name", () => row.n), copier("Copy link", () => location.href.split("#")[0] + address({ ...nothing, at: row.k }))),
      row.hits.length ? el("ul", { class: "hits" }, row.hits.map((h) => hit(h, row.p))) : null,
      forms.map(([form, hunks]) => [
        row.f.length > 1 || form.ns ? el("h4", {}, row.f.length > 1 ? "on " + (places[form.p].text || "all targets") : "", form.ns ? el("span", { class: "faint" }, (row.f.length > 1 ? " in " : "in ") + form.ns + (form.ns.includes(", ") ? "; shown as in " + form.ns.split(", ")[0] : "")) : null) : null,
        fields(form), diff(hunks)]));
  }
  function fields(form) {
    if (!form.f) return null;
    return [
      el("table", { class: "fields" }, el("tbody", {}, form.f.map(([path, kind, before, after]) =>
        el("tr", { class: /^(label|checksum|order|docs)$/.test(kind) ? "routine" : "" }, el("td", {}, path), el("td", {}, before ? el("del", {}, before) : null, before && after ? " → " : null, after ? el("ins", {}, after) : null))))),
      form.more ? el("p", { class: "faint" }, "and " + count(form.more, "field") + " more, in the lines") : null];
  }
  function copier(text, what) {
    const button = el("button", { class: "link", onclick: async () => {
      button.textContent = await copied(what()) ? "Copied" : "The browser refuses";
      setTimeout(() => { button.textContent = text; }, 1500);
    } }, text);
    return button;
  }
  // copied falls back on what works over plain HTTP, too.
  async function copied(text) {
    try { await navigator.clipboard.writeText(text); return true; } catch { /* not allowed here */ }
    const area = el("textarea", { class: "sr" });
    const focus = document.activeElement;
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    focus?.focus({ preventScroll: true });
    return done;
  }
  function hit(h, place, elsewhere) {
    return el("li", {}, el("span", { class: "badge " + (h.waived ? "" : h.l) }, h.waived ? "accepted " + h.l : h.l), " ",
      [elsewhere && h.o, h.n].filter(Boolean).map((name) => [el("code", {}, name), " "]), h.t, " ", el("span", { class: "faint" }, [h.rule, h.p !== place ? places[h.p].text : "", h.waived].filter(Boolean).join(" · ")));
  }

  // ---- lines: hunks are [first line before, first line after, lines with their signs, keys above]
  const wide = matchMedia("(min-width: 761px)");
  function diff(hunks) {
    const split = state.split && wide.matches;
    const table = el("tbody", {});
    let rest = [];
    const put = (...cells) => { const tr = el("tr", {}, ...cells); if (table.childElementCount < long.lines) table.append(tr); else rest.push(tr); };
    hunks.forEach((hunk, i) => {
      if (i > 0 || hunk[3]) put(el("td", { colspan: split ? 4 : 3, class: "code gapped" }, "⋯ " + hunk[3]));
      if (table.lastChild && table.lastChild.firstChild.className === "code gapped" && !rest.length) table.lastChild.className = "gap";
      let [before, after] = hunk;
      const lines = hunk[2].split("\n");
      for (let at = 0; at < lines.length;) {
        if (lines[at][0] === " ") {
          const text = lines[at++].slice(1);
          if (split) put(n(before++), code(text), n(after++), code(text)); else put(n(before++), n(after++), code(text, "", "  "));
          continue;
        }
        const gone = [], fresh = [];
        while (at < lines.length && lines[at][0] === "-") gone.push(lines[at++].slice(1));
        while (at < lines.length && lines[at][0] === "+") fresh.push(lines[at++].slice(1));
        if (!gone.length && !fresh.length) { at++; continue; }
        const pairs = paired(gone, fresh);
        if (split) {
          for (const [a, b, alike] of pairs) put(
            a === undefined ? n("") : n(before++), a === undefined ? code("", "void") : code(a, "gone", "", alike ? b : undefined),
            b === undefined ? n("") : n(after++), b === undefined ? code("", "void") : code(b, "new", "", alike ? a : undefined));
        } else {
          for (const [a, b, alike] of pairs) if (a !== undefined) put(n(before++), n(""), code(a, "gone", "- ", alike ? b : undefined));
          for (const [a, b, alike] of pairs) if (b !== undefined) put(n(""), n(after++), code(b, "new", "+ ", alike ? a : undefined));
        }
      }
    });
    if (rest.length) table.append(el("tr", { class: "gap" }, el("td", { colspan: split ? 4 : 3 }, expander(count(rest.length, "line") + " more", () => rest, "tr"))));
    const columns = split ? ["n", "", "n", ""] : ["n", "n", ""];
    return el("div", { class: "diff" + (split ? " split" : "") }, el("table", {}, el("colgroup", {}, columns.map((c) => el("col", { class: c }))), table));
  }
  const n = (n) => el("td", { class: "n" }, String(n));
  // paired puts lines that take each other's place beside each other: as many as
  // go where as many come, else those of the same key.
  function paired(gone, fresh) {
    if (gone.length === fresh.length) return gone.map((a, i) => [a, fresh[i], true]);
    const key = (line) => (line.match(/^\s*(- )?[^:]+:/) || [line])[0];
    const pairs = [];
    let j = 0, lone = [];
    const flush = (until) => {
      for (let i = 0; i < Math.max(lone.length, until - j); i++) pairs.push([lone[i], j + i < until ? fresh[j + i] : undefined, false]);
      lone = []; j = until;
    };
    for (const a of gone) {
      let k = j;
      while (k < fresh.length && k < j + 50 && key(fresh[k]) !== key(a)) k++;
      if (k === fresh.length || k === j + 50) { lone.push(a); continue; }
      flush(k);
      pairs.push([a, fresh[j++], true]);
    }
    flush(fresh.length);
    return pairs;
  }
  // code is a line; of two that take each other's place, what differs is set off.
  function code(text, kind, sign = "", other) {
    const cell = el("td", { class: "code " + (kind || "") }, sign);
    // Whatever is broken goes on below the text, not to the left of it.
    const deep = Math.min(text.length - text.trimStart().length, 40) + sign.length + 2;
    cell.style.paddingLeft = "calc(8px + " + deep + "ch)";
    cell.style.textIndent = "-" + deep + "ch";
    let from = 0, end = 0;
    if (other !== undefined) {
      const most = Math.min(text.length, other.length);
      while (from < most && text[from] === other[from]) from++;
      while (end < most - from && text[text.length - 1 - end] === other[other.length - 1 - end]) end++;
    }
    const alike = other !== undefined && (from + end) * 3 >= Math.min(text.length, other.length);
    const limit = kind ? long.line : long.context;
    if (text.length > limit + 100) {
      const start = other === undefined ? 0 : Math.max(0, from - 200), stop = Math.min(text.length, start + limit);
      const shorter = text.slice(start, stop);
      cell.append(start > 0 ? "… " : "", ...marked(shorter, from - start, text.length - end - start, alike), " ",
        expander("all " + number(text.length) + " characters", () => { cell.replaceChildren(sign, ...marked(text, from, text.length - end, alike)); return []; }));
      return cell;
    }
    cell.append(...marked(text, from, text.length - end, alike));
    return cell;
  }
  const marked = (text, from, to, alike) => alike && from < to ? [text.slice(0, from), el("b", {}, text.slice(from, to)), text.slice(Math.max(from, to))] : [text];

  // ---- overview
  function overview() {
    byId("overview").replaceChildren(...review.sections.map(section).filter(Boolean));
  }
  function section(s) {
    if (s.matrix && (words.length || state.risk)) return null;
    const items = s.items.filter(matchesItem);
    if (!items.length) return null;
    const sum = (list) => list.reduce((n, item) => n + item.n, 0);
    const title = el("h2", {}, items.length < s.items.length && !s.matrix ? s.noun + " (" + number(sum(items)) + " of " + number(sum(s.items)) + ")" : s.title);
    const head = s.matrix || items.some((item) => whereNode(item.p)) ? s.head || [] : (s.head || []).slice(0, 2);
    const line = (item) => el("tr", { class: item.waived ? "" : item.l }, item.c.map((cell) => el("td", {}, parts(cell))), head.length > item.c.length ? el("td", {}, whereNode(item.p)) : null);
    const quiet = filtered() ? [] : items.filter((item) => item.quiet), loud = items.filter((item) => !quiet.includes(item));
    const body = el("tbody", {}, loud.slice(0, long.items).map(line));
    const rest = (text, some) => body.append(el("tr", {}, el("td", { colspan: 3 }, expander(text, () => some.map(line), "tr"))));
    if (loud.length > long.items) rest(number(loud.length - long.items) + " more", loud.slice(long.items));
    if (quiet.length) rest(s.rest, quiet);
    const table = el("table", { class: s.matrix ? "matrix" : "list" }, head.length ? el("thead", {}, el("tr", {}, head.map((h) => el("th", { scope: "col" }, h)))) : null, body);
    return s.folded ? el("details", { class: "section", open: filtered() ? true : null }, el("summary", {}, title), table) : el("div", { class: "section" }, title, table);
  }
  // parts are lines: text, code and names begin one, what is faint goes on.
  function parts(cell) {
    const made = [];
    for (const p of cell) {
      if (p.f && made.length) made[made.length - 1].append(" ", el("span", { class: "faint" }, p.f));
      else if (p.o) made.push(el("div", { class: "mono" }, names(p.o)));
      else if (p.c) made.push(el("div", {}, el("code", {}, p.c)));
      else if (p.r !== undefined) made.push(el("div", {}, el("a", { href: address({ ...nothing, release: releases[p.r].name }) }, p.t)));
      else made.push(el("div", { class: p.f ? "faint" : "" }, p.t || p.f));
    }
    return made;
  }
  function names(list) {
    const link = (o, i) => [i ? ", " : "",
      o.r < 0 ? o.n : el("a", { href: address({ ...nothing, at: rows[o.r].k }), onclick: (e) => { if (!e.ctrlKey && !e.metaKey && !e.shiftKey) { e.preventDefault(); jump(rows[o.r]); } } }, o.n),
      o.in ? el("span", { class: "faint" }, o.in) : ""];
    const all = list.slice(0, list.length > long.names + 1 ? long.names : list.length).flatMap(link);
    if (list.length > long.names + 1) all.push(" ", expander("and " + number(list.length - long.names) + " more", () => list.slice(long.names).flatMap((o, i) => link(o, i + 1))));
    return all;
  }

  // ---- moving about
  function look(row, scroll) {
    while (!row.node && placed < shown.length) more();
    if (!row.node) return;
    if (current && current.node) current.node.removeAttribute("data-current");
    current = row;
    row.node.setAttribute("data-current", "");
    if (scroll) { row.node.firstChild.focus({ preventScroll: true }); row.node.scrollIntoView({ block: scroll }); }
  }
  function jump(row, step = true) {
    if (!shown.includes(row)) { Object.assign(state, nothing, { split: state.split, routine: row.routine }); byId("search").value = ""; update(); }
    state.at = row.k;
    if (step) writeAddress(true);
    look(row, "start");
    toggle(row, true);
    row.node.scrollIntoView({ block: "start" });
  }
  function go(direction, where = () => true) {
    for (let i = current ? shown.indexOf(current) + direction : direction > 0 ? 0 : -1; i >= 0 && i < shown.length; i += direction) {
      if (!where(shown[i])) continue;
      look(shown[i], "nearest");
      state.at = shown[i].k;
      return writeAddress();
    }
  }
  const risky = (row) => row.worst === "block" || row.worst === "caution";
  const press = (id, on) => byId(id).setAttribute("aria-pressed", String(!!on));
  function change(what) { Object.assign(state, { at: "" }, what); update(); writeAddress(); }
  function setRoutine() { change({ routine: !state.routine }); }
  function setSplit() { state.split = !state.split; press("split", state.split); redraw(); writeAddress(); }
  function setUnfolded() {
    unfolded = !unfolded; press("unfold", unfolded); byId("unfold").textContent = unfolded ? "Fold" : "Unfold";
    if (!unfolded) { for (const row of rows) { if (row.node) toggle(row, false); row.open = false; } return; }
    const before = current;
    update();
    if (before) look(before, "start");
  }
  function clear() { byId("search").value = ""; change({ q: "", risk: "", target: "", release: "" }); }
  const dark = () => (document.documentElement.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  function setTheme() { document.documentElement.dataset.theme = dark() ? "light" : "dark"; nameTheme(); }
  function nameTheme() { byId("theme").textContent = dark() ? "Light" : "Dark"; }
  const top = () => { scrollTo(0, 0); byId("search").focus({ preventScroll: true }); };

  // ---- wiring
  const options = (list) => list.map(([value, text]) => el("option", { value }, text));
  const distinct = (i) => [...new Set(targets.map((t) => t[i]).filter(Boolean))];
  byId("risk").append(...options([["", "All risks"], ["any", "Any finding"], ["block", "Blockers"], ["caution", "Cautions"], ["info", "Notes"], ["accepted", "Accepted"], ["none", "No finding"]]));
  const clusters = distinct(0), environments = distinct(1);
  byId("target").append(...options([["", environments.length > 1 ? "All targets" : "All clusters"]]),
    el("optgroup", { label: "Cluster" }, options(clusters.map((c) => ["cluster:" + c, c]))),
    environments.length > 1 ? el("optgroup", { label: "Environment" }, options(environments.map((e) => ["environment:" + e, e]))) : "");
  byId("release").append(...options([["", "All releases"], ...releases.map((r) => r.name).sort().map((name) => [name, name])]));
  for (const id of ["risk", "target", "release"]) byId(id).addEventListener("change", (e) => change({ [id]: e.target.value }));
  byId("search").addEventListener("input", (e) => change({ q: e.target.value }));
  const routine = rows.filter((row) => row.routine).length;
  byId("routine").textContent = "Routine (" + number(routine) + ")";
  byId("routine").hidden = !routine;
  byId("routine").addEventListener("click", setRoutine);
  byId("split").addEventListener("click", setSplit);
  byId("unfold").addEventListener("click", setUnfolded);
  byId("theme").addEventListener("click", setTheme);
  byId("keys").addEventListener("click", () => byId("help").showModal());
  byId("help").addEventListener("click", (e) => { if (e.target === byId("help")) byId("help").close(); });
  byId("clear").addEventListener("click", clear);
  byId("filters").addEventListener("click", () => byId("filters").setAttribute("aria-expanded", String(byId("tools").classList.toggle("open"))));
  byId("top").addEventListener("click", (e) => { e.preventDefault(); top(); });
  byId("skip").addEventListener("click", (e) => { e.preventDefault(); byId("changes").focus(); byId("changes").scrollIntoView(); });
  byId("changes").addEventListener("focusin", (e) => { const row = shown.find((r) => r.node && r.node.contains(e.target)); if (row && row !== current) look(row); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", nameTheme);
  wide.addEventListener("change", redraw);
  addEventListener("scroll", () => document.body.classList.toggle("scrolled", scrollY > 400), { passive: true });
  addEventListener("beforeprint", () => { while (placed < shown.length) more(); });
  new ResizeObserver(([entry]) => document.documentElement.style.setProperty("--under", entry.target.offsetHeight - 1 + "px")).observe(document.querySelector("nav"));

  addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || byId("help").open) return;
    const search = byId("search");
    if (e.key === "Escape" && e.target === search) { search.value = ""; search.blur(); return change({ q: "" }); }
    if (e.key === "Enter" && e.target === search) { e.preventDefault(); return go(1); }
    if (/^(INPUT|SELECT|TEXTAREA)$/.test(e.target.tagName)) return;
    const keys = {
      "/": () => { search.focus(); search.select(); }, j: () => go(1), k: () => go(-1), n: () => go(1, risky), p: () => go(-1, risky),
      o: () => current && toggle(current), y: () => current && current.node.querySelector(".acts button")?.click(),
      e: setUnfolded, r: setRoutine, s: setSplit, x: clear, d: setTheme, g: top, "?": () => byId("help").showModal(),
    };
    if (keys[e.key]) { e.preventDefault(); keys[e.key](); }
  });

  function open() {
    readAddress();
    update();
    const row = byKey.get(state.at);
    if (row) jump(row, false);
  }
  byId("notes").append(...review.notes.map((note) => el("p", { class: "faint" }, note)));
  byId("again").hidden = !byId("command").textContent;
  if (byId("command").textContent) byId("again").append(" ", copier("Copy", () => byId("command").textContent));
  document.querySelector("nav").hidden = !rows.length && !review.sections.length;
  addEventListener("hashchange", open);
  nameTheme();
  open();
})();
