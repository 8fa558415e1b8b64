// The status page: asks the server once a second for its counters and for the sessions at the head of the list, and shows them.
// Names of users and files are what strangers chose: they become text, never markup.
"use strict";

const pace = 1000;             // milliseconds between two looks
const patience = 5000;         // for an answer
const steps = [50, 200, 1000]; // sessions shown at most; the last is what the server gives at most
const history = 120;           // looks that a curve is drawn of

const $ = id => document.getElementById(id);

// ---- figures as people read them

function bytes(n) {
  const units = ["B", "KB", "MB", "GB", "TB", "PB"];
  let i = 0;
  while (n >= 999.5 && i < units.length - 1) {
    n /= 1024;
    i++;
  }
  return (i === 0 || n >= 99.95 ? Math.round(n) : n.toFixed(1)) + " " + units[i];
}

const speed = n => bytes(n) + "/s";
const count = n => n.toLocaleString("en");
const rates = r => `download ${r.download ? speed(r.download) : "unlimited"}, upload ${r.upload ? speed(r.upload) : "unlimited"}`;

function duration(ms) {
  const s = Math.max(0, Math.floor(ms / 1000)), two = n => String(n).padStart(2, "0");
  const days = Math.floor(s / 86400), hours = Math.floor(s / 3600) % 24, minutes = Math.floor(s / 60) % 60;
  if (days > 0) return `${days} d ${hours} h`;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(s % 60)}` : `${minutes}:${two(s % 60)}`;
}

// ---- the server

let token = sessionStorage.getItem("token") || "";

class Refusal extends Error {
  constructor(status, text, shown) {
    super(text);
    this.status = status;
    this.shown = shown; // the token that was refused
  }
}

// ask sends a request; a body makes it JSON. The token goes in a header and nowhere else.
async function ask(method, path, body, shown = token) {
  const headers = {};
  if (shown) headers.Authorization = "Bearer " + shown;
  if (body) headers["Content-Type"] = "application/json";
  const reply = await fetch(path, {
    method, headers, body: body && JSON.stringify(body), cache: "no-store", credentials: "same-origin", redirect: "error",
    signal: AbortSignal.timeout(patience),
  });
  if (reply.ok) return reply.json();
  if (reply.status === 401) throw new Refusal(401, "The token is wrong.", shown);
  if (reply.status === 403) throw new Refusal(403, "This takes the token.");
  const said = await reply.json().catch(() => ({}));
  throw new Refusal(reply.status, said.error || "The server answers " + reply.status + ".");
}

// ---- what was seen

const view = { sort: "-speed", match: "", step: 0 };
const rows = new Map();                  // by number of the session
const curves = { down: [], up: [] };     // bytes per second
let last = null;                         // the counters before, and when
let timer = 0, asking = false, again = false, lostSince = null, misses = 0;
let shown = null;                        // the number of the session in the dialog

// look asks once and plans the next look; a hidden page asks for nothing.
async function look() {
  clearTimeout(timer);
  if (document.hidden) return;
  if (asking) {
    again = true;
    return;
  }
  asking = true;
  const query = new URLSearchParams({ sort: view.sort, limit: steps[view.step] });
  if (view.match) query.set("match", view.match);
  try {
    const [status, list] = await Promise.all([ask("GET", "v1/server"), ask("GET", "v1/sessions?" + query)]);
    lostSince = null;
    misses = 0;
    showServer(status, Date.parse(status.now));
    showSessions(list, Date.parse(list.now));
  } catch (e) {
    dropToken(e);
    lostSince ??= new Date();
    misses++;
  }
  showLink();
  asking = false;
  timer = setTimeout(look, again ? 0 : pace * Math.min(1 + misses, 5));
  again = false;
}

function showLink() {
  const text = document.hidden ? "Paused" : lostSince ? "No answer since " + lostSince.toLocaleTimeString() : "Live";
  if ($("link").textContent !== text) $("link").textContent = text; // it is read aloud when it changes
  $("link").className = "link " + (lostSince ? "lost" : document.hidden ? "" : "live");
  document.body.classList.toggle("stale", lostSince !== null);
}

// ---- the server's part of the page

function showServer(s, now) {
  const c = s.counters;
  $("about").textContent = `Pure-FTPd in Go ${s.version} · ${s.mode} · up ${duration(now - Date.parse(s.started))}`
    + (s.limits && (s.limits.download || s.limits.upload) ? ` · limited: ${rates(s.limits)}` : "");
  $("open").textContent = count(c.open);
  $("max-open").textContent = s.max_open ? "of " + count(s.max_open) : "";
  $("moving").textContent = `${count(c.downloading)} downloading, ${count(c.uploading)} uploading`;
  for (const name of ["sessions", "logins", "downloads", "uploads"]) $(name).textContent = count(c[name]);
  $("sent").textContent = bytes(c.bytes_sent) + " since the start";
  $("received").textContent = bytes(c.bytes_received) + " since the start";
  if (last && last.started === s.started && now > last.now) {
    const seconds = (now - last.now) / 1000;
    curve("down", (c.bytes_sent - last.sent) / seconds);
    curve("up", (c.bytes_received - last.received) / seconds);
  }
  last = { started: s.started, now, sent: c.bytes_sent, received: c.bytes_received };
}

// curve adds a rate to one of the two curves and draws it.
function curve(name, rate) {
  const points = curves[name];
  points.push(Math.max(0, rate)); // a transfer that ends is out of the sum for a moment
  if (points.length > history) points.shift();
  $(name).textContent = speed(points.slice(-3).reduce((a, b) => a + b, 0) / Math.min(points.length, 3));
  const top = Math.max(1024, ...points);
  const line = points.map((p, i) => `${((history - points.length + i) * 120 / (history - 1)).toFixed(1)},${(29 - 27 * p / top).toFixed(1)}`);
  const drawing = $(name).closest(".card").querySelector("svg");
  drawing.querySelector("polyline").setAttribute("points", line.join(" "));
  const first = line[0].split(",")[0];
  drawing.querySelector("path").setAttribute("d", `M${first},30 L${line.join(" L")} L120,30 Z`);
}

// ---- the sessions

const states = { idle: "Idle", download: "Download", upload: "Upload" };
const arrows = { idle: "", download: "↓", upload: "↑" };

// element makes an element with a class, a role and a text.
function element(name, className, text) {
  const e = document.createElement(name);
  if (className) e.className = className;
  if (text !== undefined) e.textContent = text;
  return e;
}

function setText(e, text) {
  if (e.textContent !== text) e.textContent = text;
}

// A Row is a session in the table. Its elements stay, so that what has the focus keeps it.
class Row {
  constructor(id) {
    this.id = id;
    this.line = element("tr");
    this.line.setAttribute("role", "row");
    for (const name of ["user", "address", "state", "file", "progress", "speed", "time"]) {
      this[name] = element("td", name);
      this[name].setAttribute("role", "cell");
      this.line.append(this[name]);
    }
    this.button = element("button");
    this.button.type = "button";
    this.button.addEventListener("click", () => openSession(this.id));
    this.user.append(this.button);
    this.arrow = element("span", "arrow");
    this.arrow.setAttribute("aria-hidden", "true");
    this.word = element("span");
    this.state.append(this.arrow, this.word);
    this.meter = element("div", "meter");
    this.bar = element("progress");
    this.part = element("span");
    this.meter.append(this.bar, this.part);
    this.progress.append(this.meter);
  }

  update(s, now) {
    this.session = s;
    this.measure(s.transfer, now);
    setText(this.button, s.account || "not logged in");
    this.button.title = this.button.textContent;
    setText(this.address, s.address);
    this.address.title = s.host || s.address;
    this.state.className = "state " + s.state;
    setText(this.arrow, arrows[s.state]);
    setText(this.word, s.account ? states[s.state] : "Login");
    const t = s.transfer;
    this.line.className = t ? s.state : "resting";
    setText(this.file, t ? t.file : "");
    this.file.title = t ? t.file : "";
    setText(this.speed, t ? speed(this.rate) : "");
    setText(this.time, duration(now - Date.parse(s.started)));
    this.meter.hidden = !t;
    if (!t) return;
    this.bar.hidden = !t.size;
    if (t.size) {
      this.bar.max = t.size;
      this.bar.value = Math.min(t.position, t.size);
      this.bar.setAttribute("aria-label", "of " + t.file);
    }
    setText(this.part, t.size ? Math.floor(100 * Math.min(t.position / t.size, 1)) + " %" : bytes(t.position));
  }

  // measure finds how fast a transfer is: since the last look, smoothed; when it is new, since its beginning.
  measure(t, now) {
    if (!t) {
      this.sample = null;
      this.rate = 0;
      return;
    }
    const before = this.sample;
    if (before && before.started === t.started && now > before.now) {
      const rate = Math.max(0, t.position - before.position) / ((now - before.now) / 1000);
      this.rate = 0.5 * this.rate + 0.5 * rate;
    } else if (!before || before.started !== t.started) {
      this.rate = (t.position - t.offset) / Math.max(0.2, (now - Date.parse(t.started)) / 1000);
    }
    this.sample = { started: t.started, position: t.position, now };
  }
}

function showSessions(list, now) {
  const present = new Set();
  for (const s of list.sessions) {
    present.add(s.id);
    if (!rows.has(s.id)) rows.set(s.id, new Row(s.id));
    rows.get(s.id).update(s, now);
  }
  for (const [id, row] of rows) {
    if (present.has(id)) continue;
    row.line.remove();
    rows.delete(id);
  }
  const order = list.sessions.map(s => rows.get(s.id));
  if (view.sort.endsWith("speed")) { // the server sorts by the average; what is shown is the speed of now
    order.sort((a, b) => (view.sort === "speed" ? a.rate - b.rate : b.rate - a.rate) || b.id - a.id);
  }
  const focus = document.activeElement;
  const body = $("rows");
  order.forEach((row, i) => {
    if (body.children[i] !== row.line) body.insertBefore(row.line, body.children[i] || null);
  });
  if (focus !== document.activeElement && focus.isConnected) focus.focus({ preventScroll: true }); // moving took it away
  const n = list.sessions.length;
  setText($("shown"), n < list.matching ? `${count(n)} of ${count(list.matching)} are shown.`
    : n > 0 ? "" : view.match ? "No session matches the filter." : "Nobody is connected.");
  $("show-more").hidden = n >= list.matching || view.step === steps.length - 1;
  if (shown !== null) showFacts(now, rows.get(shown));
}

function sortBy(by) {
  view.sort = by;
  for (const button of document.querySelectorAll("th button")) {
    const name = button.dataset.sort.replace("-", "");
    const th = button.closest("th");
    if (name === by.replace("-", "")) th.setAttribute("aria-sort", by.startsWith("-") ? "descending" : "ascending");
    else th.removeAttribute("aria-sort");
  }
  const select = $("sort");
  select.value = by;
  look();
}

// ---- one session

function openSession(id) {
  shown = id;
  outcome("outcome", "");
  const row = rows.get(id);
  $("session-title").textContent = row.session.account || "not logged in";
  showFacts(last.now, row);
  $("session").showModal();
}

function showFacts(now, row) {
  const facts = $("facts");
  if (!row) {
    if (!$("session").classList.contains("over")) {
      $("session").classList.add("over");
      facts.append(element("dt", "", "Ended"), element("dd", "", "or no longer among those that are shown"));
    }
    return;
  }
  $("session").classList.remove("over");
  const s = row.session, t = s.transfer;
  setText($("session-title"), s.account || "not logged in"); // a login may have come meanwhile
  const list = [
    ["Session", String(s.id)],
    ["Client", `${s.address}, port ${s.port}` + (s.host && s.host !== s.address ? ` (${s.host})` : "")],
    ["Server", `${s.local_address}, port ${s.local_port}`],
    ["Connected", duration(now - Date.parse(s.started)) + ", since " + new Date(s.started).toLocaleString()],
  ];
  if (s.last_command) list.push(["Last command", duration(now - Date.parse(s.last_command)) + " ago"]);
  if (s.limits.download || s.limits.upload) list.push(["Limits", rates(s.limits)]);
  if (t) {
    list.push([states[s.state], t.file]);
    list.push(["", (t.size ? `${bytes(t.position)} of ${bytes(t.size)}` : bytes(t.position)) + `, ${speed(row.rate)}, `
      + `for ${duration(now - Date.parse(t.started))}`]);
  }
  facts.replaceChildren(...list.flatMap(([name, value]) => [element("dt", "", name), element("dd", "", value)]));
}

function outcome(id, text, wrong) {
  $(id).textContent = text;
  $(id).className = wrong ? "wrong" : "";
}

// act asks for a change and says what came of it.
async function act(id, done, method, path, body) {
  try {
    await ask(method, path, body);
    outcome(id, done);
    look();
    return true;
  } catch (e) {
    outcome(id, e.status ? e.message : "The server does not answer.", true);
    dropToken(e);
    return false;
  }
}

// onSubmit does something with a form in place of sending it.
function onSubmit(id, act) {
  $(id).addEventListener("submit", async event => {
    event.preventDefault();
    const form = event.target, button = form.querySelector("button");
    button.disabled = true; // one click, one request
    await act(new FormData(form), form);
    button.disabled = false;
  });
}

const kilobytes = form => ({ download: 1024 * Math.floor(form.get("download")), upload: 1024 * Math.floor(form.get("upload")) });

// ---- the token

function lock() {
  token = "";
  sessionStorage.removeItem("token");
  showToken();
}

// dropToken forgets a token that the server has refused, unless another has taken its place while the answer was on its way.
function dropToken(e) {
  if (e.status === 401 && e.shown === token) lock();
}

function showToken() {
  $("unlock").hidden = false;
  $("unlock").textContent = token ? "Lock" : "Unlock";
  $("actions").hidden = $("server-limit").hidden = !token;
}

function enableToken() {
  $("unlock").addEventListener("click", () => {
    if (token) {
      lock();
      look();
      return;
    }
    outcome("token-outcome", "");
    $("token").showModal();
  });
  onSubmit("token-form", async (form, fields) => {
    const given = form.get("token").trim();
    fields.reset();
    try {
      await ask("GET", "v1/server", undefined, given);
      token = given;
      sessionStorage.setItem("token", token);
      $("token").close();
    } catch (e) {
      outcome("token-outcome", e.status ? e.message : "The server does not answer.", true);
    }
    showToken();
    look();
  });
  const session = () => "v1/sessions/" + shown;
  onSubmit("message", async (form, fields) => {
    const text = "The user reads it with one of the next replies.";
    if (await act("outcome", text, "POST", session() + "/message", { text: form.get("text") })) fields.reset();
  });
  onSubmit("limit", form => {
    const account = rows.get(shown)?.session.account;
    const path = form.get("whom") === "user" && account ? "v1/users/" + encodeURIComponent(account) : session();
    return act("outcome", "The limit holds from now on.", "PUT", path + "/limits", kilobytes(form));
  });
  onSubmit("ban", form => {
    const address = rows.get(shown)?.session.address;
    if (!address) return outcome("outcome", "The session has ended.", true);
    return act("outcome", address + " is kept out.", "POST", "v1/bans",
      { address, seconds: Number(form.get("seconds")), reason: "status page" });
  });
  onSubmit("kick", () => act("outcome", "The session is ended.", "POST", session() + "/kick"));
  onSubmit("server-form", form => act("server-outcome", "The limit holds from now on.", "PUT", "v1/server/limits", kilobytes(form)));
  $("server-limit").addEventListener("click", () => {
    outcome("server-outcome", "");
    $("server").showModal();
  });
  showToken();
}

// ---- the beginning

for (const button of document.querySelectorAll("th button")) {
  button.addEventListener("click", () => {
    const by = button.dataset.sort;
    sortBy(view.sort !== by ? by : by.startsWith("-") ? by.slice(1) : "-" + by);
  });
}
$("sort").addEventListener("change", event => sortBy(event.target.value));
$("filter").addEventListener("input", event => {
  view.match = event.target.value.trim();
  look();
});
$("show-more").addEventListener("click", () => {
  view.step++;
  look();
});
for (const button of document.querySelectorAll("dialog .close")) {
  button.addEventListener("click", () => button.closest("dialog").close());
}
$("session").addEventListener("close", () => {
  shown = null;
});
document.addEventListener("visibilitychange", () => {
  showLink();
  look();
});
if (document.documentElement.dataset.token === "yes") enableToken();
sortBy("-speed");
