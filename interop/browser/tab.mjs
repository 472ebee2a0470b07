// SPDX-License-Identifier: MIT
// One tab of the demo page, with the conditions a test may wait for.

import assert from "node:assert/strict";

// The page's policy forbids to fetch a blob: address, so keep the blobs where a test can read them.
function keepBlobs() {
  const create = URL.createObjectURL;
  window.keptBlobs = new Map();
  URL.createObjectURL = (blob) => {
    const url = create.call(URL, blob);
    window.keptBlobs.set(url, blob);
    return url;
  };
}

export class Tab {
  static async open(context, baseUrl, { name, room, transport, prepare } = {}) {
    const tab = new Tab(await context.newPage());
    if (prepare) await prepare(tab.page);
    const url = new URL("/", baseUrl);
    if (room) url.searchParams.set("room", room);
    if (transport) url.searchParams.set("transport", transport);
    await tab.page.goto(url.href);
    await tab.waitForState("connected");
    await tab.waitForRoom(room ?? "lobby");
    if (name) await tab.rename(name);
    return tab;
  }

  constructor(page) {
    this.page = page;
    this.complaints = [];
    this.serverRequests = [];
    this.frames = [];
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) this.complaints.push(message.text());
    });
    page.on("pageerror", (error) => this.complaints.push(String(error)));
    page.on("request", (request) => {
      const { pathname, searchParams } = new URL(request.url());
      if (pathname === "/socket.io/") this.serverRequests.push(searchParams.get("transport"));
    });
    page.on("websocket", (socket) => {
      this.serverRequests.push("websocket");
      socket.on("framereceived", ({ payload }) => this.frames.push(String(payload)));
    });
  }

  static keepBlobs(page) {
    return page.addInitScript(keepBlobs);
  }

  waitForState(state) {
    return this.page.locator(`#state[data-state="${state}"]`).waitFor();
  }

  waitForTransport(name) {
    return this.page.locator("#transport", { hasText: new RegExp(`^${name}$`) }).waitFor();
  }

  room(name) {
    return this.page.locator(`#rooms button[data-room="${name}"]`);
  }

  // The composer comes alive when the server has confirmed the room.
  async waitForRoom(room) {
    await this.page.locator(`#rooms button[aria-current][data-room="${room}"]`).waitFor();
    await this.page.locator("#send:enabled").waitFor();
  }

  async rename(name) {
    await this.page.getByLabel("Your name").fill(name);
    await this.page.getByLabel("Your name").press("Enter");
    await this.waitForPerson(name);
  }

  async join(room) {
    await this.page.getByLabel("Name of a room to join or create").fill(room);
    await this.page.getByLabel("Name of a room to join or create").press("Enter");
    await this.waitForRoom(room);
  }

  async say(text) {
    await this.page.getByLabel("Message", { exact: true }).fill(text);
    await this.page.getByLabel("Message", { exact: true }).press("Enter");
    await this.message(text).waitFor();
  }

  message(text) {
    return this.page.locator(".message", { has: this.page.getByText(text, { exact: true }) });
  }

  async waitForMessage(from, text) {
    const message = this.message(text);
    await message.waitFor();
    assert.equal(await message.locator(".sender").textContent(), from);
  }

  waitForPerson(name) {
    return this.person(name).waitFor();
  }

  person(name) {
    return this.page.locator("#people .person", {
      has: this.page.getByText(name, { exact: true }),
    });
  }

  sendPicture(file) {
    return this.page.locator("#picture").setInputFiles(file);
  }

  // The newest picture once it is decoded: {width, height, type, bytes}.
  async picture() {
    const image = this.page.locator(".picture img").last();
    await image.waitFor();
    const shown = await image.evaluate(async (node) => {
      await node.decode();
      const blob = window.keptBlobs.get(node.src);
      const reader = new FileReader();
      await new Promise((resolve, reject) => {
        reader.onload = resolve;
        reader.onerror = reject;
        reader.readAsDataURL(blob);
      });
      const base64 = reader.result.split(",")[1];
      return { width: node.naturalWidth, height: node.naturalHeight, type: blob.type, base64 };
    });
    return { ...shown, bytes: Buffer.from(shown.base64, "base64") };
  }

  waitForNotice(pattern) {
    return this.page.getByRole("alert").filter({ hasText: pattern }).waitFor();
  }
}
