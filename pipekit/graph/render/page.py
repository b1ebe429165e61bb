"""The graph as one HTML page that stands alone: the picture to move about in, a search, and what each task is when it is
picked. It owns the page around the picture, and must never fetch anything."""

from __future__ import annotations

import json
from html import escape

from pipekit.graph.render.data import data
from pipekit.graph.render.picture import Picture
from pipekit.graph.render.svg import STYLE, figure

PAGE_STYLE = """
* { box-sizing: border-box; }
html, body { height: 100%; margin: 0; }
body { display: grid; grid-template: auto 1fr / 1fr auto; background: var(--page); color: var(--ink); overflow: hidden;
  font: 14px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
header { grid-column: 1 / -1; display: flex; flex-wrap: wrap; align-items: center; gap: 6px 22px; padding: 10px 20px;
  border-bottom: 1px solid var(--line); }
h1 { font-size: 16px; margin: 0; } header .facts { color: var(--soft); }
.legend { display: flex; flex-wrap: wrap; gap: 4px 16px; margin: 0 auto 0 0; padding: 0; list-style: none; color: var(--soft); font-size: 12.5px; }
.legend i { display: inline-block; width: 18px; height: 0; border-top: 3px solid; margin-right: 6px; vertical-align: middle; }
.legend .block i { width: 4px; height: 13px; border: 0; border-radius: 2px; background: currentColor; }
.legend .dashed i { border-top: 2px dashed; } .legend .dotted i { border-top: 2px dotted; }
.legend span { color: var(--soft); }
input { font: inherit; color: inherit; background: var(--card); border: 1px solid var(--line); border-radius: 7px; padding: 4px 10px; width: 190px; }
button { font: inherit; color: inherit; background: var(--card); border: 1px solid var(--line); border-radius: 7px; padding: 4px 12px; cursor: pointer; }
input:focus-visible, button:focus-visible { outline: 2px solid var(--task); outline-offset: 1px; }
main { overflow: hidden; cursor: grab; touch-action: none; position: relative; }
main.moving { cursor: grabbing; }
main svg { position: absolute; transform-origin: 0 0; }
aside { width: 330px; overflow: auto; padding: 18px 20px; border-left: 1px solid var(--line); }
aside[hidden] { display: none; }
aside h2 { font-size: 16px; margin: 0 0 2px; overflow-wrap: anywhere; } aside .soft { color: var(--soft); }
aside h3 { font-size: 11px; letter-spacing: .07em; text-transform: uppercase; color: var(--soft); margin: 18px 0 4px; }
aside p { margin: 8px 0; white-space: pre-wrap; } aside code { overflow-wrap: anywhere; font: 12.5px/1.6 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
aside div code { display: block; }
aside a { color: var(--task); cursor: pointer; display: block; overflow-wrap: anywhere; }
.graph g[data-task] { cursor: pointer; }
.graph.picking g[data-task]:not(.lit), .graph.picking .edge:not(.lit) { opacity: .16; }
.graph g.picked > .card:last-of-type, .graph g.picked > .card { stroke: var(--task); stroke-width: 1.8; }
""".strip()

SCRIPT = """
const facts = JSON.parse(document.getElementById("facts").textContent);
const tasks = new Map(facts.tasks.map(task => [task.name, {...task, above: [], below: []}]));
for (const edge of facts.edges) { tasks.get(edge.to).above.push(edge.from); tasks.get(edge.from).below.push(edge.to); }
const main = document.querySelector("main"), svg = main.querySelector("svg"), aside = document.querySelector("aside");
const cards = new Map([...svg.querySelectorAll("g[data-task]")].map(card => [card.dataset.task, card]));
const edges = [...svg.querySelectorAll(".edge")];
const size = {width: svg.width.baseVal.value, height: svg.height.baseVal.value};
let scale = 1, x = 0, y = 0;
const put = () => { svg.style.transform = `translate(${x}px, ${y}px) scale(${scale})`; };
function fit() {
  scale = Math.min(main.clientWidth / size.width, main.clientHeight / size.height, 1.15);
  x = (main.clientWidth - size.width * scale) / 2; y = (main.clientHeight - size.height * scale) / 2; put();
}
function zoom(factor, atX, atY) {
  const next = Math.min(4, Math.max(0.01, scale * factor));
  x = atX - (atX - x) * next / scale; y = atY - (atY - y) * next / scale; scale = next; put();
}
main.addEventListener("wheel", event => {
  event.preventDefault(); const at = main.getBoundingClientRect();
  zoom(Math.exp(-event.deltaY * 0.0015), event.clientX - at.left, event.clientY - at.top);
}, {passive: false});
let held = null, moved = false;
main.addEventListener("pointerdown", event => { held = {x: event.clientX - x, y: event.clientY - y}; moved = false; });
addEventListener("pointermove", event => {
  if (!held) return;
  if (Math.hypot(event.clientX - x - held.x, event.clientY - y - held.y) > 3) { moved = true; main.classList.add("moving"); }
  if (moved) { x = event.clientX - held.x; y = event.clientY - held.y; put(); }
});
addEventListener("pointerup", () => { held = null; main.classList.remove("moving"); });
function reach(name, side) {
  const seen = new Set([name]), waiting = [name];
  while (waiting.length) for (const next of tasks.get(waiting.pop())[side]) if (!seen.has(next)) { seen.add(next); waiting.push(next); }
  return seen;
}
function light(names) {
  svg.classList.toggle("picking", names !== null);
  for (const [name, card] of cards) { card.classList.toggle("lit", names !== null && names.has(name)); card.classList.remove("picked"); }
  for (const edge of edges) edge.classList.toggle("lit", names !== null && names.has(edge.dataset.from) && names.has(edge.dataset.to));
}
function add(parent, tag, text, kind) { const made = document.createElement(tag); made.textContent = text; if (kind) made.className = kind; parent.append(made); return made; }
function links(title, names) {
  if (!names.length) return;
  add(aside, "h3", title);
  for (const name of new Set(names)) add(aside, "a", name).onclick = () => pick(name);
}
function pick(name) {
  aside.replaceChildren(); aside.hidden = name === null;
  if (name === null) { light(null); return; }
  const task = tasks.get(name), above = reach(name, "above"), below = reach(name, "below");
  light(new Set([...above, ...below])); cards.get(name).classList.add("picked");
  add(aside, "h2", name); add(aside, "code", `${task.pinned ? "pinned" : task.kind} \\u2192 ${task.product}`, "soft");
  if (task.doc) add(aside, "p", task.doc);
  if (task.options.length) {
    add(aside, "h3", "Options"); const list = add(aside, "div", "");
    for (const one of task.options) add(list, "code", `${one.name}: ${one.type}${one.default === null ? "" : " = " + one.default}`);
  }
  links("Takes", task.above); links("Taken by", task.below);
  if (task.tags.length) { add(aside, "h3", "Tags"); add(aside, "code", task.tags.join(", ")); }
  if (task.where) { add(aside, "h3", "Written in"); add(aside, "code", `${task.where.file}:${task.where.line}`); }
}
main.addEventListener("click", event => { if (!moved) { const card = event.target.closest("g[data-task]"); pick(card ? card.dataset.task : null); } });
const search = document.querySelector("input");
search.addEventListener("input", () => {
  const wanted = search.value.trim().toLowerCase(); pick(null);
  if (wanted) light(new Set([...tasks.keys()].filter(name => name.toLowerCase().includes(wanted))));
});
search.addEventListener("keydown", event => {
  const hit = [...tasks.keys()].find(name => name.toLowerCase().includes(search.value.trim().toLowerCase()));
  if (event.key === "Enter" && search.value.trim() && hit) pick(hit);
});
document.querySelector("button").onclick = fit;
addEventListener("keydown", event => { if (event.key === "Escape") { search.value = ""; pick(null); } });
addEventListener("resize", fit); fit();
""".strip()

SIGNS = {
    "task": ("block", "task"),
    "stream": ("block", "stream"),
    "each": ("block", "each"),
    "pinned": ("block", "pin"),
    "product": ("", "edge"),
    "items": ("", "stream"),
    "cells": ("dashed", "pin"),
    "failed": ("dotted", "failed"),
}
"""The legend: how a kind of task or edge is drawn, and in which colour."""


def draw(picture: Picture) -> str:
    """A whole HTML document; it works from a file, without a network."""
    title = escape(picture.name or "graph")
    facts = json.dumps(data(picture), ensure_ascii=False).replace("<", "\\u003c")
    return f"""<!doctype html>
<html lang="en" class="graph"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
{STYLE}
{PAGE_STYLE}
</style></head>
<body>
<header><h1>{title}</h1><span class="facts">{_facts(picture)}</span>
{_legend(picture)}
<input type="search" placeholder="Find a task" aria-label="Find a task"><button type="button">Fit</button></header>
<main>
{figure(picture)}</main>
<aside hidden></aside>
<script type="application/json" id="facts">{facts}</script>
<script>
{SCRIPT}
</script>
</body></html>
"""


def _facts(picture: Picture) -> str:
    tasks, edges, targets = len(picture.nodes), len(picture.edges), len(picture.dag.sinks)
    counts = ((tasks, "task"), (edges, "dep"), (targets, "target"))
    return ", ".join(f"{count} {word}{'' if count == 1 else 's'}" for count, word in counts)


def _legend(picture: Picture) -> str:
    """What occurs in the picture, and no more."""
    kinds = {"pinned" if node.pinned else node.kind for node in picture.nodes}
    there = kinds | {edge.via for edge in picture.edges}
    signs = [(word, *SIGNS[word]) for word in SIGNS if word in there]
    items = (
        f'<li class="{drawn}" style="color:var(--{colour})"><i></i><span>{word}</span></li>'
        for word, drawn, colour in signs
    )
    return f'<ul class="legend">{"".join(items)}</ul>'
