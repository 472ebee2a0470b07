// SPDX-License-Identifier: MIT
//
// Engine.IO sessions of revision 3, as clients of the 2.x line have them.

import assert from "node:assert/strict";

import { kPath, kTextHtml, settle } from "./engine.mjs";
import { Connection, assertResponse, formatRequest, request } from "./http.mjs";
import { WebSocketPeer } from "./ws.mjs";

export const kOctetStream = {
  "content-type": "application/octet-stream",
  "cache-control": "no-store",
};

export function target3(transport, sid, extra = "") {
  return `${kPath}?EIO=3&transport=${transport}${sid ? `&sid=${sid}` : ""}${extra}`;
}

// "<length>:<packet>" each, in UTF-16 code units as JavaScript counts them.
export function payload(...packets) {
  return packets.map((packet) => `${packet.length}:${packet}`).join("");
}

export function openData(text) {
  const [, length, json] = /^(\d+):0(\{.*\})$/.exec(text);
  assert.equal(Number(length), json.length + 1);
  return JSON.parse(json);
}

export class Session3 {
  static async open(port, extra = "") {
    const response = await request(port, "GET", target3("polling", undefined, extra));
    assert.equal(response.status, 200, response.text);
    const session = new Session3();
    session.port = port;
    session.sid = openData(response.text).sid;
    session.target = target3("polling", session.sid, extra);
    return session;
  }

  poll() {
    return request(this.port, "GET", this.target);
  }

  post(body, headers = {}) {
    return request(this.port, "POST", this.target, { headers, body });
  }

  postBinary(bytes) {
    return this.post(Buffer.from(bytes), { "Content-Type": "application/octet-stream" });
  }

  async send(...packets) {
    assertResponse(await this.post(payload(...packets)), 200, kTextHtml, "ok");
  }

  // A GET that the server has certainly seen when this returns.
  async hold() {
    const held = await Connection.open(this.port);
    await held.write(formatRequest("GET", this.target));
    await settle(this.port);
    return held;
  }
}

export async function openWebSocket3(port, extra) {
  const peer = await WebSocketPeer.open(port, target3("websocket", undefined, extra));
  const text = await peer.text();
  assert.ok(text.startsWith("0{"), text);
  peer.sid = JSON.parse(text.slice(1)).sid;
  return peer;
}

// The session continues over a WebSocket.
export async function upgrade3(session, extra) {
  const peer = await WebSocketPeer.open(session.port, target3("websocket", session.sid, extra));
  await peer.sendText("2probe");
  assert.equal(await peer.text(), "3probe");
  await peer.sendText("5");
  return peer;
}
