// SPDX-License-Identifier: MIT
// Drives the demo page in Chromium with the stock client the program serves.
//
// PATCHBAY_URL          test a program that runs already
// PATCHBAY_BIN          otherwise: the program to start
// PATCHBAY_SCREENSHOTS  a folder to put screenshots into
// CHROMIUM              the browser, /usr/bin/chromium by default

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { chromium } from "playwright-core";
import { landscape, png } from "./png.mjs";
import { startProgram } from "./program.mjs";
import { Tab } from "./tab.mjs";

const limit = { timeout: 30_000 };
const waitMs = 10_000;
const browserArguments = [
  "--headless=new",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

// Rooms and people of this run alone: the program may have other visitors, and a tab that was
// closed during polling stays listed until the server misses its heartbeat.
const run = randomBytes(3).toString("hex");

let program;
let profile;
let context;
let tabs;
let room;
let roomCount = 0;

before(async () => {
  program = await startProgram();
  profile = await mkdtemp(join(tmpdir(), "patchbay-browser-"));
  context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: browserArguments,
    viewport: { width: 1280, height: 800 },
  });
  context.setDefaultTimeout(waitMs);
}, limit);

after(async () => {
  await context?.close();
  if (profile) await rm(profile, { recursive: true, force: true });
  if (program) assert.equal(await program.stop(), 0, "exit code of the program");
}, limit);

beforeEach(() => {
  tabs = [];
  room = `test ${run} ${++roomCount}`;
});

afterEach(async () => {
  for (const { page } of tabs) {
    if (page.isClosed()) continue;
    await page.goto("about:blank"); // unlike closing the tab this lets the client say goodbye
    await page.close();
  }
  for (const tab of tabs) assert.deepEqual(tab.complaints, [], "errors in the browser's console");
}, limit);

async function open(options) {
  const tab = await Tab.open(context, program.url, { room, ...options });
  tabs.push(tab);
  return tab;
}

async function chatBothWays(one, other) {
  await one.say("Is anybody there?");
  await other.waitForMessage("Ada", "Is anybody there?");
  await other.say("Yes, over here.");
  await one.waitForMessage("Grace", "Yes, over here.");
}

test("two tabs chat both ways in the lobby", limit, async () => {
  const [adaName, graceName] = [`Ada ${run}`, `Grace ${run}`];
  const ada = await open({ name: adaName, room: "lobby" });
  const grace = await open({ name: graceName, room: "lobby" });
  await ada.say(`Hello ${run}`);
  await grace.waitForMessage(adaName, `Hello ${run}`);
  await grace.say(`Good day ${run}`);
  await ada.waitForMessage(graceName, `Good day ${run}`);
  assert.equal(await ada.page.locator(".message.own").count(), 1);
});

test("a newcomer sees what was said before", limit, async () => {
  const ada = await open({ name: "Ada" });
  await ada.say("first");
  await ada.say("second");
  const grace = await open({ name: "Grace" });
  await grace.message("second").waitFor();
  assert.deepEqual(await grace.page.locator(".bubble").allTextContents(), ["first", "second"]);
});

test("the list of people follows who comes, is renamed and goes", limit, async () => {
  const ada = await open({ name: "Ada" });
  const grace = await open({ name: "Grace" });
  for (const tab of [ada, grace]) {
    await tab.waitForPerson("Ada");
    await tab.waitForPerson("Grace");
  }
  await grace.rename("Hopper");
  await ada.waitForPerson("Hopper");
  await grace.page.close();
  await ada.person("Hopper").waitFor({ state: "detached" });
});

test("the connection starts with polling and is upgraded to WebSocket", limit, async () => {
  const tab = await open();
  await tab.waitForTransport("websocket");
  assert.equal(tab.serverRequests[0], "polling");
  assert.ok(tab.serverRequests.includes("websocket"));
});

test("chat works over polling alone", limit, async () => {
  const ada = await open({ name: "Ada", transport: "polling" });
  const grace = await open({ name: "Grace", transport: "polling" });
  await chatBothWays(ada, grace);
  for (const tab of [ada, grace]) {
    await tab.waitForTransport("polling");
    assert.ok(!tab.serverRequests.includes("websocket"));
  }
});

test("chat works over WebSocket from the start", limit, async () => {
  const ada = await open({ name: "Ada", transport: "websocket" });
  const grace = await open({ name: "Grace", transport: "websocket" });
  await chatBothWays(ada, grace);
  for (const tab of [ada, grace]) {
    await tab.waitForTransport("websocket");
    assert.ok(!tab.serverRequests.includes("polling"));
  }
});

test("rooms keep messages apart", limit, async () => {
  const workshop = `workshop ${run}`;
  const ada = await open({ name: "Ada" });
  const grace = await open({ name: "Grace", transport: "websocket" });
  await grace.join(workshop);
  await ada.room(workshop).waitFor();
  await ada.person("Grace").waitFor({ state: "detached" });
  await grace.say("only for the workshop");
  await ada.say("only for the first room");

  await ada.join(workshop);
  await ada.waitForMessage("Grace", "only for the workshop");
  await ada.say("hello, workshop");
  await grace.waitForMessage("Ada", "hello, workshop");
  for (const tab of [ada, grace]) {
    assert.equal(await tab.message("only for the first room").count(), 0);
  }

  // The page hides what is meant for another room, so look at what the server sent.
  const received = (text) => grace.frames.some((frame) => frame.includes(text));
  assert.ok(received("hello, workshop"));
  assert.ok(!received("only for the first room"));

  await ada.room("lobby").click();
  await ada.waitForRoom("lobby");
  assert.equal(await ada.message("hello, workshop").count(), 0);
  await ada.join(room);
  assert.equal(await ada.message("only for the first room").count(), 1);
  assert.equal(await ada.message("hello, workshop").count(), 0);
});

test("a tab that polls is gone from the list as soon as it leaves the page", limit, async () => {
  const ada = await open({ name: "Ada" });
  const grace = await open({ name: "Grace", transport: "polling" });
  await ada.waitForPerson("Grace");
  await grace.page.goto("about:blank");
  await ada.person("Grace").waitFor({ state: "detached" });
});

for (const transport of ["websocket", "polling"]) {
  test(`a picture arrives with identical bytes over ${transport}`, limit, async () => {
    const prepare = Tab.keepBlobs;
    const ada = await open({ name: "Ada", transport, prepare });
    const grace = await open({ name: "Grace", transport, prepare });
    const buffer = landscape(180, 120);
    await ada.sendPicture({ name: "dusk.png", mimeType: "image/png", buffer });
    for (const tab of [ada, grace]) {
      const { width, height, type, bytes } = await tab.picture();
      assert.deepEqual({ width, height, type }, { width: 180, height: 120, type: "image/png" });
      assert.ok(bytes.equals(buffer), "the bytes of the picture");
    }
  });
}

test("a picture of the greatest size still fits through polling", limit, async () => {
  const ada = await open({ transport: "polling", prepare: Tab.keepBlobs });
  const picture = png(8, 8, () => [18, 96, 91]);
  const buffer = Buffer.concat([picture, Buffer.alloc(700 * 1024 - picture.length, 0xa5)]);
  await ada.sendPicture({ name: "large.png", mimeType: "image/png", buffer });
  assert.ok((await ada.picture()).bytes.equals(buffer));
});

test("what is no picture, or too large a one, is refused with a reason", limit, async () => {
  const tab = await open();
  await tab.sendPicture({ name: "a.txt", mimeType: "text/plain", buffer: Buffer.from("text") });
  await tab.waitForNotice(/Only PNG, JPEG, GIF and WebP/);
  const buffer = Buffer.alloc(700 * 1024 + 1);
  await tab.sendPicture({ name: "b.png", mimeType: "image/png", buffer });
  await tab.waitForNotice(/the limit is 700 KB/);
  assert.equal(await tab.page.locator(".picture").count(), 0);
});

test("the round trip of an acknowledgement is shown in milliseconds", limit, async () => {
  const tab = await open();
  await tab.page.locator("#rtt", { hasText: /^\d+(\.\d)? ms$/ }).waitFor();
});

test("markup in a message or a name stays text", limit, async () => {
  const ada = await open({ name: "<b>Ada</b>" });
  const grace = await open({ name: "Grace" });
  await ada.say("<img src=x onerror=alert(1)>");
  await grace.waitForMessage("<b>Ada</b>", "<img src=x onerror=alert(1)>");
  assert.equal(await grace.page.locator("#log img, #log b").count(), 0);
});

test("the title counts what arrives while the tab is hidden", limit, async () => {
  const ada = await open({ name: "Ada" });
  const grace = await open({ name: "Grace" });
  const setHidden = (hidden) =>
    grace.page.evaluate((value) => {
      Object.defineProperty(document, "hidden", { value, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }, hidden);
  await setHidden(true);
  await ada.say("one");
  await ada.say("two");
  await grace.message("two").waitFor();
  assert.equal(await grace.page.title(), "(2) Patchbay");
  await setHidden(false);
  assert.equal(await grace.page.title(), "Patchbay");
});

test("after a lost connection the client is back in its room", limit, async () => {
  const links = [];
  const prepare = (page) =>
    page.routeWebSocket(/\/socket\.io\//, (client) => {
      links.push({ client, server: client.connectToServer() });
    });
  const ada = await open({ name: "Ada", transport: "websocket", prepare });
  const grace = await open({ name: "Grace" });
  const firstId = await ada.page.locator("#sid").textContent();

  await links[0].server.close();
  await links[0].client.close();
  await ada.page.locator(".note", { hasText: "Connection lost" }).waitFor();
  await grace.person("Ada").waitFor({ state: "detached" });
  await ada.waitForState("connected");
  await ada.waitForRoom(room);
  assert.notEqual(await ada.page.locator("#sid").textContent(), firstId);
  await chatBothWays(ada, grace);
});

test("screenshots", { ...limit, skip: !process.env.PATCHBAY_SCREENSHOTS }, async () => {
  const views = [
    { file: "desktop-light", colorScheme: "light", width: 1280, height: 800 },
    { file: "desktop-dark", colorScheme: "dark", width: 1280, height: 800 },
    { file: "phone-light", colorScheme: "light", width: 390, height: 844 },
    { file: "phone-dark", colorScheme: "dark", width: 390, height: 844 },
  ];
  const ada = await open({ name: "Ada Lovelace", room: "lobby" });
  const shoot = async (suffix) => {
    for (const { file, colorScheme, width, height } of views) {
      await ada.page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await ada.page.setViewportSize({ width, height });
      await ada.page.locator("#log").evaluate((log) => log.scrollTo(0, log.scrollHeight));
      const path = join(process.env.PATCHBAY_SCREENSHOTS, `${file}${suffix}.png`);
      await ada.page.screenshot({ path });
    }
  };
  await ada.join("harbour");
  await shoot("-empty");

  const grace = await open({ name: "Grace", room: "harbour" });
  const linus = await open({ name: "Sunny Otter", room: "workshop" });
  await linus.say("Testing the new build here.");
  await grace.say("Hello Ada! I came in over polling and was upgraded a moment ago.");
  await grace.say("Is this really the stock client?");
  await ada.say("Yes, socket.io-client as npm has it. Look at the round trip up there.");
  await grace.say("Nice. Send me something heavier than text.");
  const buffer = landscape(640, 400);
  await ada.sendPicture({ name: "dusk.png", mimeType: "image/png", buffer });
  await grace.page.locator(".picture img").waitFor();
  await grace.say("Byte for byte what you sent.");
  await ada.waitForTransport("websocket");
  await ada.page.locator("#rtt", { hasText: "ms" }).waitFor();
  await shoot("");
});
