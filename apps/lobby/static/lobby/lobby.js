// The lobby page. Everything it shows it asks for through /gateways/NAME/, so one page can compare them all; of the
// site itself, where COMPARE=0 leaves no such paths.
"use strict";

const main = document.querySelector("main");
const { root } = main.dataset;
const gateways = main.dataset.gateways.split(" ");
const pathOf = (name) => (name === "site" ? root : `${root}/gateways/${name}`);
const byId = (id) => document.getElementById(id);
const copy = (id) => byId(id).content.firstElementChild.cloneNode(true);
const milliseconds = (since) => Math.round(performance.now() - since);

function element(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

async function getJson(url) {
  const response = await fetch(url, { headers: { Accept: "application/json" }, cache: "no-store" });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return response.json();
}

function append(list, who, text, failed = false) {
  const item = element("li", "");
  item.append(element("b", who), ` ${text}`);
  item.classList.toggle("error", failed);
  list.append(item);
  while (list.children.length > 100) list.firstElementChild.remove();
  list.scrollTop = list.scrollHeight;
}

// --- One card a gateway ---

async function fillCard(name) {
  const card = copy("card");
  card.id = `card-${name}`;
  card.querySelector("h2").textContent = name;
  byId("cards").append(card);
  try {
    const url = `${pathOf(name)}/gateway/`;
    await getJson(url); // the first one may open connections; the second is what a visitor gets from then on
    const started = performance.now();
    const who = await getJson(url);
    const latency = milliseconds(started);
    card.dataset.interface = who.interface;
    card.querySelector("h2").append(element("span", who.interface));
    card.querySelector(".server").textContent = `${who.server} ${who.version}`;
    const facts = {
      Latency: `${latency} ms`, Protocol: who.protocol, Process: `${who.pid}, child of ${who.ppid}`, Thread: who.thread,
      "Your address": who.remote_addr, Python: who.python, Django: who.django,
    };
    for (const [term, value] of Object.entries(facts)) {
      card.querySelector("dl").append(element("dt", term), element("dd", value));
    }
  } catch (error) {
    card.classList.add("failed");
    card.querySelector(".server").textContent = `does not answer: ${error.message}`;
  }
  openRoom(name, card);
}

// --- A WebSocket to the same room through each gateway ---

const sockets = new Map();

function openRoom(name, card) {
  const status = card.querySelector(".socket");
  const say = (text, failed) => {
    status.hidden = false;
    status.textContent = `WebSocket: ${text}`;
    status.classList.toggle("error", failed);
  };
  const url = new URL(`${pathOf(name)}/ws/rooms/lobby/`, location.href.replace(/^http/, "ws"));
  const socket = new WebSocket(url);
  let opened = false;
  socket.onopen = () => {
    opened = true;
    sockets.set(name, socket);
    say("open, in room “lobby”", false);
    offer();
  };
  socket.onmessage = ({ data }) => {
    const event = JSON.parse(data);
    const text = event.error || `${event.message} (sent through ${event.gateway})`;
    append(byId("messages"), name, text, Boolean(event.error));
  };
  // A page is not told the status of a refused handshake; the gateway's interface says why.
  const refusal = card.dataset.interface === "WSGI" ? "rejected with 501: WSGI supports only HTTP" : "rejected";
  socket.onclose = ({ code }) => {
    sockets.delete(name);
    say(opened ? `closed (${code}); reconnecting…` : refusal, true);
    offer();
    if (opened) setTimeout(openRoom, 2000, name, card);
  };
}

function offer() {
  const chosen = byId("through").value;
  byId("through").replaceChildren(...[...sockets.keys()].sort().map((name) => new Option(`through ${name}`, name)));
  if (sockets.has(chosen)) byId("through").value = chosen;
  for (const control of byId("chat").elements) control.disabled = sockets.size === 0;
}

byId("chat").addEventListener("submit", (event) => {
  event.preventDefault();
  sockets.get(byId("through").value)?.send(JSON.stringify({ message: byId("message").value }));
  byId("message").value = "";
});

// --- Waiting ---

byId("wait").addEventListener("click", async () => {
  byId("wait").disabled = true;
  const started = performance.now();
  const bars = new Map();
  for (const name of gateways) {
    const bar = copy("bar");
    bar.querySelector("span").textContent = name;
    bars.set(name, bar);
  }
  byId("bars").replaceChildren(...bars.values());
  const show = (bar, value, text) => {
    bar.querySelector("progress").value = value;
    bar.querySelector("output").textContent = text;
  };
  const timer = setInterval(() => bars.forEach((bar) => show(bar, milliseconds(started), "waiting…")), 50);
  try {
    const answer = await getJson(`${root}/async/roll-call/?waits=24&seconds=1`);
    clearInterval(timer);
    for (const [name, { error, milliseconds: took }] of Object.entries(answer.gateways)) {
      show(bars.get(name), error ? 0 : took, error || `${(took / 1000).toFixed(2)} s`);
    }
  } catch (error) {
    clearInterval(timer);
    bars.forEach((bar) => show(bar, 0, error.message));
  }
  byId("wait").disabled = false;
});

// --- Server-sent events ---

function listen() {
  byId("restart").disabled = true;
  const source = new EventSource(`${root}/async/stream/?events=30&interval=1`);
  const finish = (text, failed) => {
    source.close();
    append(byId("ticks"), "stream", text, failed);
    byId("restart").disabled = false;
  };
  source.addEventListener("tick", ({ data }) => {
    const { tick, gateway, time } = JSON.parse(data);
    append(byId("ticks"), gateway, `tick ${tick} at ${time.slice(11, 19)} UTC`);
  });
  source.addEventListener("end", () => finish("complete", false));
  source.onerror = () => finish("interrupted", true);
}

byId("restart").addEventListener("click", listen);
gateways.forEach(fillCard);
listen();
