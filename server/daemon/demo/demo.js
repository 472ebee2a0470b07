// SPDX-License-Identifier: MIT
//
// The demo chat. It speaks this protocol over the main namespace; the server checks everything
// again, so a client of your own may send whatever it likes.
//
// Client to server. Each event may carry an acknowledgement. It is answered with {ok: true, ...}
// or with {ok: false, error: "a sentence to show"}, and a refused event changes nothing.
//
//   join    {name, room}   -> {ok, room, people, history}
//           A socket is in one room at a time: joining leaves the former room. Joining the room
//           one is in already only takes over the name. `history` holds the last 20 `message`
//           objects of the room, oldest first. Pictures are not kept.
//   message text           -> {ok, id}
//   picture {type, data}   -> {ok, id}    `data` is binary
//   rename  name           -> {ok, name}
//   ping                   -> nothing at all: an acknowledgement without arguments
//
// Server to client:
//
//   rooms   [{name, count}]                  to everyone, when any count changes; to a new socket
//                                            at once. The lobby is first and always listed, the
//                                            others exist while somebody is in them.
//   people  {room, people: [{id, name}]}     to a room, when its list changes; in order of arrival
//   message {room, id, from: {id, name}, text, at}         to a room, the sender included
//   picture {room, id, from: {id, name}, type, data, at}   to a room, the sender included
//
// `at` is the server's clock in milliseconds since 1970; `id` counts messages and pictures up from
// 1 while the server runs. `from.id` and `people[].id` are socket ids. For one socket the answer
// to `join` comes before anything that is sent to the room afterwards.
//
// Names of people and rooms have 1 to 24 characters (code points, ASCII whitespace trimmed at both
// ends, no control characters); a text has 1 to 2000 and is not blank. A picture is PNG, JPEG, GIF
// or WebP and has 1 to 716800 bytes: as base64 inside a polling request it still fits into the
// default limit of 1 MB for one payload. There are at most 100 rooms with at most 100 people each.

const lobby = "lobby";
const pictureTypes = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);
const maxPictureBytes = 700 * 1024;
const maxLogEntries = 150;
const groupWithinMs = 5 * 60_000;
const answerTimeoutMs = 15_000;
const pingEveryMs = 2_000;
const pingTimeoutMs = 5_000;
const sparkSamples = 20;

const transportChoices = {
  both: ["polling", "websocket"],
  polling: ["polling"],
  websocket: ["websocket"],
};

const $ = (id) => document.getElementById(id);
const page = new URL(location.href);
const choice = Object.hasOwn(transportChoices, page.searchParams.get("transport"))
  ? page.searchParams.get("transport")
  : "both";

let socket;
let name = sessionStorage.getItem("name") || randomName();
let room = page.searchParams.get("room")?.trim() || lobby;
let joined = false;
let people = [];
let rooms = [{ name: lobby, count: 0 }];
let unread = 0;
let pinging = false;
const roundTrips = []; // milliseconds, newest last
const ownIds = new Set(); // every reconnection brings a new id; older messages stay ours
const logs = new Map(); // room name -> {list, seen, last}

function randomName() {
  const pick = (words) => words[Math.floor(Math.random() * words.length)];
  const first = ["Amber", "Brisk", "Calm", "Clever", "Gentle", "Lucky", "Mellow", "Quiet", "Sunny"];
  const second = ["Badger", "Finch", "Heron", "Lynx", "Marten", "Otter", "Puffin", "Robin", "Wren"];
  return `${pick(first)} ${pick(second)}`;
}

function element(tag, className, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children);
  return node;
}

// The colour follows the name, so that a person looks the same in every window.
function paintAvatar(node, who) {
  let hash = 0;
  for (const c of who) hash = (hash * 31 + c.codePointAt(0)) >>> 0;
  node.dataset.hue = hash % 8;
  const words = who.split(/\s+/, 2);
  node.textContent = words.map((word) => [...word][0] ?? "").join("").toUpperCase();
  return node;
}

function avatar(who) {
  const node = paintAvatar(element("span", "avatar"), who);
  node.setAttribute("aria-hidden", "true");
  return node;
}

function notify(text) {
  $("notice").textContent = text;
  $("notice").hidden = !text;
}

function formatBytes(count) {
  return count < 1024 ? `${count} bytes` : `${(count / 1024).toFixed(1)} KB`;
}

function formatPeople(count) {
  return count === 1 ? "1 person" : `${count} people`;
}

// ---- Status bar ------------------------------------------------------------------------------

function showState(state) {
  const words = {
    connecting: "Connecting",
    connected: "Connected",
    reconnecting: "Reconnecting",
    disconnected: "Disconnected",
  };
  $("state").dataset.state = state;
  $("state").textContent = words[state];
  $("reconnect").hidden = state !== "disconnected";
  if (state !== "connected") {
    joined = false;
    $("transport").textContent = "–";
    $("sid").textContent = "–";
    showRoundTrip(null);
  }
  enableComposer();
}

function showTransport() {
  $("transport").textContent = socket.io.engine.transport.name;
  roundTrips.length = 0;
  measureRoundTrip();
}

function showRoundTrip(ms) {
  $("rtt").textContent = ms === null ? "–" : `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;
  if (ms === null) return;
  roundTrips.push(ms);
  if (roundTrips.length > sparkSamples) roundTrips.shift();
  const highest = Math.max(...roundTrips, 1);
  const bars = roundTrips.map((value, i) => `M${i * 3 + 1} 16v${-1 - (value / highest) * 15}`);
  $("spark").setAttribute("d", bars.join(""));
}

async function measureRoundTrip() {
  if (pinging || !socket.connected) return;
  pinging = true;
  const transport = socket.io.engine.transport;
  const start = performance.now();
  const answered = await socket.timeout(pingTimeoutMs).emitWithAck("ping").then(
    () => true,
    () => false,
  );
  const ms = answered ? performance.now() - start : null;
  pinging = false;
  // A ping that crossed the upgrade tells the speed of neither transport.
  if (transport === socket.io.engine?.transport) showRoundTrip(ms);
  else measureRoundTrip();
}

function showUnread(count) {
  unread = count;
  document.title = count > 0 ? `(${count}) Patchbay` : "Patchbay";
}

// ---- Rooms and people ------------------------------------------------------------------------

function renderRooms() {
  const known = rooms.some((r) => r.name === room);
  const listed = known ? rooms : [...rooms, { name: room, count: 0 }];
  const focused = document.activeElement?.dataset?.room;
  const items = listed.map(({ name: roomName, count }) => {
    const badge = element("span", "count", String(count));
    badge.setAttribute("role", "img"); // lets the label be read instead of the bare number
    badge.setAttribute("aria-label", formatPeople(count));
    const button = element("button", "room", element("span", "room-name", roomName), badge);
    button.type = "button";
    button.dataset.room = roomName;
    if (roomName === room) button.setAttribute("aria-current", "true");
    button.addEventListener("click", () => join(roomName));
    return element("li", "", button);
  });
  $("rooms").replaceChildren(...items);
  if (focused !== undefined) {
    [...$("rooms").querySelectorAll("button")].find((b) => b.dataset.room === focused)?.focus();
  }
}

function renderPeople(list) {
  people = list;
  const items = list.map((person) => {
    const item = element("li", "person", avatar(person.name), element("bdi", "", person.name));
    if (ownIds.has(person.id)) item.append(element("span", "you-tag", "you"));
    return item;
  });
  $("people").replaceChildren(...items);
  $("room-count").textContent = formatPeople(list.length);
}

function onPeople(update) {
  if (!joined || update.room !== room) return;
  const before = new Map(people.map((p) => [p.id, p.name]));
  const after = new Map(update.people.map((p) => [p.id, p.name]));
  for (const [id, who] of after) {
    if (ownIds.has(id)) continue;
    if (!before.has(id)) note(`${who} joined`);
    else if (before.get(id) !== who) note(`${before.get(id)} is now ${who}`);
  }
  for (const [id, who] of before) {
    if (!after.has(id)) note(`${who} left`);
  }
  renderPeople(update.people);
}

function showOwnName() {
  $("name").value = name;
  paintAvatar($("your-avatar"), name);
  sessionStorage.setItem("name", name);
}

// ---- Message log -----------------------------------------------------------------------------

function logOf(roomName) {
  if (!logs.has(roomName)) {
    logs.set(roomName, { list: element("ol", "messages"), seen: new Set(), last: null });
  }
  return logs.get(roomName);
}

function scrolledToEnd() {
  const box = $("log");
  return box.scrollHeight - box.scrollTop - box.clientHeight < 60;
}

function scrollToEnd() {
  $("log").scrollTop = $("log").scrollHeight;
}

function append(log, item, follow) {
  const scroll = follow || scrolledToEnd();
  log.list.append(item);
  while (log.list.childElementCount > maxLogEntries) {
    const oldest = log.list.firstElementChild;
    for (const image of oldest.querySelectorAll("img")) URL.revokeObjectURL(image.src);
    log.seen.delete(oldest.dataset.key);
    oldest.remove();
  }
  if (scroll) scrollToEnd();
}

function note(text) {
  const log = logOf(room);
  log.last = null;
  append(log, element("li", "note", text), false);
}

function addEntry(message, body) {
  const log = logOf(message.room);
  const { from, at } = message;
  const key = `${at}/${message.id}/${from.id}`; // ids start anew with the server, and each of several has its own
  if (log.seen.has(key)) return;
  log.seen.add(key);

  const own = ownIds.has(from.id);
  const sameSender = log.last?.from.id === from.id && log.last.from.name === from.name;
  const continued = sameSender && at - log.last.at < groupWithinMs;
  log.last = { from, at };

  const date = new Date(at);
  const time = element("time", "", date.toLocaleTimeString([], { timeStyle: "short" }));
  time.dateTime = date.toISOString();
  const byline = element("div", "byline", element("bdi", "sender", from.name), time);
  const item = element("li", "message", avatar(from.name), byline, body);
  item.dataset.key = key;
  item.classList.toggle("own", own);
  item.classList.toggle("continued", continued);
  append(log, item, own);
  if (document.hidden && !own) showUnread(unread + 1);
}

function onMessage(message) {
  const body = element("p", "bubble", message.text);
  body.dir = "auto";
  addEntry(message, body);
}

function onPicture(message) {
  const { from, type, data } = message;
  if (!pictureTypes.has(type) || !(data instanceof ArrayBuffer)) return;
  const url = URL.createObjectURL(new Blob([data], { type }));
  const image = element("img");
  image.alt = `Picture from ${from.name}`;
  image.addEventListener("load", () => {
    if (scrolledToEnd() || ownIds.has(from.id)) scrollToEnd();
  });
  image.src = url;
  const link = element("a", "", image);
  link.href = url;
  link.target = "_blank";
  const format = type.slice("image/".length).toUpperCase();
  const caption = `${format} · ${formatBytes(data.byteLength)} · binary`;
  addEntry(message, element("figure", "picture", link, element("figcaption", "", caption)));
}

// ---- What the user does ----------------------------------------------------------------------

// The answer of the server, or null after telling the user why there is none.
async function request(event, ...args) {
  const silence = { ok: false, error: "The server did not answer." };
  const emitting = socket.timeout(answerTimeoutMs).emitWithAck(event, ...args);
  const answer = await emitting.catch(() => silence);
  notify(answer.ok ? "" : answer.error);
  return answer.ok ? answer : null;
}

function enableComposer() {
  for (const id of ["send", "picture-button"]) $(id).disabled = !joined; // typing goes on offline
  $("text").placeholder = joined ? `Message ${room}` : "Waiting for the connection…";
}

function showRoom() {
  $("room-title").textContent = room;
  $("log").querySelector(".messages")?.remove();
  $("log").append(logOf(room).list);
  scrollToEnd();
  renderRooms();
  const here = new URL(location.href);
  if (room === lobby) here.searchParams.delete("room");
  else here.searchParams.set("room", room);
  history.replaceState(null, "", here);
  $("second-tab").href = here.href;
  for (const link of document.querySelectorAll("[data-transport]")) {
    here.searchParams.set("transport", link.dataset.transport);
    link.href = here.href;
  }
}

async function join(wanted) {
  if (!socket.connected) return;
  const answer = await request("join", { name, room: wanted });
  if (!answer) return;
  joined = true;
  room = answer.room;
  showRoom();
  answer.history.forEach(onMessage);
  renderPeople(answer.people);
  enableComposer();
}

async function rename() {
  const wanted = $("name").value.trim();
  if (wanted && wanted !== name) {
    if (joined) {
      const answer = await request("rename", wanted);
      if (answer) name = answer.name;
    } else {
      name = wanted; // goes out with the next join
    }
  }
  showOwnName();
}

async function sendText() {
  const text = $("text").value.trim();
  if (!text || !joined) return;
  $("text").value = "";
  const answer = await request("message", text);
  if (!answer && !$("text").value) $("text").value = text;
}

async function sendPicture(file) {
  if (!file || !joined) return;
  if (!pictureTypes.has(file.type)) {
    notify("Only PNG, JPEG, GIF and WebP pictures can be sent.");
  } else if (file.size > maxPictureBytes) {
    notify(`This picture has ${formatBytes(file.size)}; the limit is 700 KB.`);
  } else {
    await request("picture", { type: file.type, data: await file.arrayBuffer() });
  }
}

function wireControls() {
  const onSubmit = (id, action) =>
    $(id).addEventListener("submit", (event) => {
      event.preventDefault();
      action();
    });
  onSubmit("composer", sendText);
  onSubmit("name-form", () => $("name").blur());
  onSubmit("room-form", () => {
    const wanted = $("room-name").value.trim();
    $("room-name").value = "";
    if (wanted) join(wanted).then(() => $("text").focus());
  });
  $("name").addEventListener("change", rename);
  $("text").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    sendText();
  });
  $("reconnect").addEventListener("click", () => {
    showState("connecting");
    socket.connect();
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) showUnread(0);
  });
  for (const link of document.querySelectorAll("[data-transport]")) {
    if (link.dataset.transport === choice) link.setAttribute("aria-current", "true");
  }
}

function wirePictures() {
  $("picture-button").addEventListener("click", () => $("picture").click());
  $("picture").addEventListener("change", () => {
    sendPicture($("picture").files[0]);
    $("picture").value = ""; // so that choosing the same file again is a change
  });
  document.addEventListener("paste", (event) => {
    const [file] = event.clipboardData.files;
    if (!file) return;
    event.preventDefault();
    sendPicture(file);
  });
  const dragging = (on) => $("chat").classList.toggle("dragging", on);
  const carriesFile = (event) => event.dataTransfer.types.includes("Files");
  document.addEventListener("dragover", (event) => {
    if (!carriesFile(event)) return;
    event.preventDefault();
    dragging(true);
  });
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) dragging(false);
  });
  document.addEventListener("drop", (event) => {
    if (!carriesFile(event)) return;
    event.preventDefault();
    dragging(false);
    sendPicture(event.dataTransfer.files[0]);
  });
}

// ---- Connection ------------------------------------------------------------------------------

function onConnect() {
  showState("connected");
  showTransport();
  $("sid").textContent = socket.id;
  ownIds.add(socket.id);
  join(room);
}

// The client tries again by itself (`active`) unless the server closed the connection on purpose.
function onConnectionLost() {
  if (joined) note("Connection lost");
  showState(socket.active ? "reconnecting" : "disconnected");
}

function connect() {
  // Without a close packet a tab that polls would stay listed until its heartbeat is missed.
  socket = window.io({ transports: transportChoices[choice], closeOnBeforeunload: true });
  // Each connection of the manager has an engine of its own.
  socket.io.on("open", () => socket.io.engine.on("upgrade", showTransport));
  socket.on("connect", onConnect);
  socket.on("disconnect", onConnectionLost);
  socket.on("connect_error", onConnectionLost);
  socket.on("rooms", (list) => {
    rooms = list;
    renderRooms();
  });
  socket.on("people", onPeople);
  socket.on("message", onMessage);
  socket.on("picture", onPicture);
  setInterval(measureRoundTrip, pingEveryMs);
}

function main() {
  showOwnName();
  showRoom();
  enableComposer();
  $("snippet").textContent = [
    'import { io } from "socket.io-client";',
    "",
    `const socket = io("${location.origin}");`,
    'socket.on("message", console.log);',
    `socket.emit("join", { name: "My client", room: "${lobby}" }, console.log);`,
  ].join("\n");
  if (!window.io) return notify("The client at /socket.io/socket.io.min.js could not be loaded.");
  wireControls();
  wirePictures();
  connect();
}

main();
