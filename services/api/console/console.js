// The console: what the API says, kept fresh by its event stream. Texts are only ever set as text.

const API = "/api/v1/";
const SESSIONS_SHOWN = 50;
const EVENTS_SHOWN = 100;
const STATIONS_SHOWN = 500;
const REFRESH_MILLISECONDS = 1000;
const RETRY_MILLISECONDS = 2000;
const PROTOCOLS = { v16: "1.6", v201: "2.0.1", v21: "2.1" };
const TONES = {
  Available: "good", Charging: "busy", Preparing: "busy", Occupied: "busy", Finishing: "busy",
  SuspendedEV: "busy", SuspendedEVSE: "busy", Reserved: "busy", Faulted: "bad", Unavailable: "bad",
};

const find = (id) => document.getElementById(id);
let token = sessionStorage.getItem("token");
let lastEvent = null;
let stale = new Set(["stations", "sessions"]);

function headers(more = {}) {
  return token ? { Authorization: `Bearer ${token}`, ...more } : more;
}

class Refused extends Error {}

async function get(path) {
  const answer = await fetch(API + path, { headers: headers() });
  if (answer.status === 401) throw new Refused();
  if (!answer.ok) throw new Error((await answer.json()).detail);
  return answer.json();
}

function element(name, text, ...classes) {
  const made = document.createElement(name);
  made.textContent = text ?? "–";
  made.classList.add(...classes);
  return made;
}

function row(cells) {
  const made = document.createElement("tr");
  made.append(...cells.map((cell) => (cell instanceof Node ? cell : element("td", cell))));
  return made;
}

function fill(body, rows, nothing, columns) {
  if (rows.length) return body.replaceChildren(...rows);
  const cell = element("td", nothing);
  cell.colSpan = columns;
  body.replaceChildren(row([cell]));
}

function chips(station) {
  const cell = document.createElement("td");
  for (const evse of station.evses) {
    for (const connector of evse.connectors) {
      const name = evse.connectors.length > 1 ? `${evse.id}.${connector.id}` : evse.id;
      cell.append(element("span", `${name} ${connector.status}`, "chip", TONES[connector.status] ?? "idle"));
    }
  }
  return cell;
}

function since(time) {
  if (!time) return "";
  const moment = new Date(time);
  const today = moment.toDateString() === new Date().toDateString();
  const clock = { hour: "2-digit", minute: "2-digit" };
  return ` since ${today ? moment.toLocaleTimeString([], clock) : moment.toLocaleDateString()}`;
}

async function showStations() {
  const search = find("search").value.trim();
  const query = new URLSearchParams({ limit: STATIONS_SHOWN, ...(search && { search }) });
  const page = await get(`stations?${query}`);
  const connectors = page.items.flatMap((s) => s.evses.flatMap((e) => e.connectors));
  const figures = {
    stations: page.items.length + (page.next ? "+" : ""),
    online: page.items.filter((s) => s.online).length,
    used: connectors.filter((c) => TONES[c.status] === "busy").length,
    faulted: connectors.filter((c) => c.status === "Faulted").length,
  };
  for (const place of document.querySelectorAll("[data-figure]")) {
    place.textContent = figures[place.dataset.figure];
  }
  const rows = page.items.map((station) => {
    const connection = document.createElement("td");
    const word = `${station.online ? "online" : "offline"}${since(station.since)}`;
    connection.append(element("span", word, "chip", station.online ? "good" : "idle"));
    const model = [station.vendor, station.model].filter(Boolean).join(" ");
    const name = element("th", station.id);
    name.scope = "row";
    return row([name, connection, PROTOCOLS[station.protocol], model || null, station.firmware, chips(station)]);
  });
  fill(find("stations"), rows, search ? "No station is called so." : "No station has connected yet.", 6);
}

function measured(value, unit, digits) {
  const text = value === null || value === undefined ? "–" : `${Number(value).toFixed(digits)} ${unit}`;
  return element("td", text, "number");
}

async function showSessions() {
  const page = await get(`transactions?limit=${SESSIONS_SHOWN}`);
  const rows = page.items.map((session) => {
    const active = session.status === "active";
    const state = document.createElement("td");
    const word = active ? session.charging_state ?? "active" : session.stop_reason ?? "ended";
    state.append(element("span", word, "chip", active ? "busy" : "idle"));
    const total = session.power.find((p) => p.phase === "total");
    const watts = total ? total.last_w : session.power.reduce((sum, p) => sum + p.last_w, 0);
    return row([
      session.station, session.evse, session.token,
      session.started_at ? new Date(session.started_at).toLocaleString() : null, state,
      measured(session.energy_wh === null ? null : session.energy_wh / 1000, "kWh", 3),
      measured(active && session.power.length ? watts / 1000 : null, "kW", 1),
      measured(session.soc_last, "%", 0),
    ]);
  });
  fill(find("sessions"), rows, "Nobody has charged yet.", 8);
}

function showEvent(type, event) {
  const line = document.createElement("li");
  const time = element("time", new Date(event.time).toLocaleTimeString());
  time.dateTime = event.time;
  line.append(time, ` ${type} ${event.subject}`);
  find("events").prepend(line);
  while (find("events").children.length > EVENTS_SHOWN) find("events").lastChild.remove();
}

function heard(type, event) {
  showEvent(type, event);
  stale.add(type.startsWith("transaction.") || type.startsWith("cdr.") ? "sessions" : "stations");
}

async function follow() {
  const last = lastEvent ? { "Last-Event-ID": lastEvent } : {};
  const answer = await fetch(`${API}events`, { headers: headers(last) });
  if (answer.status === 401) throw new Refused();
  if (!answer.ok) throw new Error("no events");
  say("live", "live");
  stale = new Set(["stations", "sessions"]);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += value;
    const blocks = text.split("\n\n");
    text = blocks.pop();
    for (const block of blocks) take(block);
  }
}

function take(block) {
  const fields = Object.fromEntries(block.split("\n").map((line) => line.split(/: (.*)/s, 2)));
  if (!fields.data) return;
  lastEvent = fields.id;
  heard(fields.event, JSON.parse(fields.data));
}

function say(text, tone) {
  find("state").textContent = text;
  find("state").className = tone;
}

function failed(error) {
  find("login").hidden = !(error instanceof Refused);
  say(error instanceof Refused ? "sign in to see more" : "no connection, trying again", "away");
}

const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

async function keepFollowing() {
  for (;;) {
    try {
      await follow();
    } catch (error) {
      failed(error);
    }
    await pause(RETRY_MILLISECONDS);
  }
}

async function keepFresh() {
  for (;;) {
    const due = stale;
    stale = new Set();
    try {
      if (due.has("stations")) await showStations();
      if (due.has("sessions")) await showSessions();
    } catch (error) {
      due.forEach((what) => stale.add(what));
      failed(error);
    }
    await pause(REFRESH_MILLISECONDS);
  }
}

find("login").addEventListener("submit", (submitted) => {
  submitted.preventDefault();
  token = find("token").value.trim();
  sessionStorage.setItem("token", token);
  find("login").hidden = true;
  stale = new Set(["stations", "sessions"]);
});
find("search").addEventListener("input", () => stale.add("stations"));
keepFollowing();
keepFresh();
