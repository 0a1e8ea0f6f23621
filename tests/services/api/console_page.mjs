// The least document that the console needs, so that it runs in node against a real API.

const [base, script] = process.argv.slice(2);
const DEADLINE_MILLISECONDS = 15000;

class Element {
  constructor() { this.text = ""; this.children = []; this.dataset = {}; this.value = ""; }
  classList = { add() {} };
  set textContent(text) { this.text = String(text); }
  get textContent() { return [this.text, ...this.children.map((c) => c.textContent ?? c)].join(" "); }
  append(...added) { this.children.push(...added); }
  prepend(added) { this.children.unshift(added); }
  replaceChildren(...others) { this.children = others; }
  get lastChild() { return { remove: () => this.children.pop() }; }
  addEventListener() {}
}

const known = new Map();
const find = (id) => known.get(id) ?? known.set(id, new Element()).get(id);
const figures = ["stations", "online", "used", "faulted"].map((figure) => {
  const place = find(`figure ${figure}`);
  place.dataset = { figure };
  return place;
});
globalThis.Node = Element;
globalThis.document = {
  getElementById: find,
  createElement: () => new Element(),
  querySelectorAll: () => figures,
};
globalThis.sessionStorage = { getItem: () => null, setItem() {} };
const fetched = globalThis.fetch;
globalThis.fetch = (path, options) => fetched(base + path, options);
await import(script);

const shown = () => ({
  state: find("state").textContent,
  figures: figures.map((place) => place.textContent.trim()),
  stations: find("stations").children.map((row) => row.textContent.trim()),
  sessions: find("sessions").children.length,
  events: find("events").children.map((line) => line.textContent.trim()),
});
const began = Date.now();
setInterval(() => {
  const late = Date.now() - began > DEADLINE_MILLISECONDS;
  if (late || (find("events").children.length && find("sessions").children.length > 1)) {
    console.log(JSON.stringify(shown()));
    process.exit(0);
  }
}, 50);
