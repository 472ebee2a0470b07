// SPDX-License-Identifier: MIT
//
// Socket.IO connections whose packets are written by hand, over WebSocket or polling.

import assert from "node:assert/strict";

import { request } from "./http.mjs";
import { WebSocketPeer } from "./ws.mjs";

const kSocketPath = "/socket.io/?EIO=4&transport=";

// A WebSocket connection that has joined nothing.
export async function openBare(port) {
  const peer = await WebSocketPeer.open(port, `${kSocketPath}websocket`);
  assert.match(await peer.text(), /^0\{/);
  return peer;
}

// One that has joined "/" and received its greeting; its socket id is in `id`.
export async function openJoined(port) {
  const peer = await openBare(port);
  await peer.sendText("40");
  const reply = await peer.text();
  assert.match(reply, /^40\{"sid":"[\w-]{20}"\}$/);
  peer.id = JSON.parse(reply.slice(2)).sid;
  assert.equal(await peer.text(), '42["auth",{}]');
  return peer;
}

// The same over polling.
export async function openJoinedPolling(port) {
  const { text } = await request(port, "GET", `${kSocketPath}polling`);
  const target = `${kSocketPath}polling&sid=${JSON.parse(text.slice(1)).sid}`;
  const session = {
    post: (body) => request(port, "POST", target, { body }),
    poll: () => request(port, "GET", target),
  };
  await session.post("40");
  const greeting = await session.poll();
  session.id = /^40\{"sid":"([\w-]{20})"\}/.exec(greeting.text)[1];
  return session;
}
