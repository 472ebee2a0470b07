// SPDX-License-Identifier: MIT
//
// Engine.IO sessions against the fixture's --engineio mode, and its control messages.

import assert from "node:assert/strict";

import { Connection, formatRequest, request } from "./http.mjs";
import { eventually } from "./wait.mjs";
import { WebSocketPeer } from "./ws.mjs";

export const kPath = "/engine.io/";
export const kSeparator = "\x1e";
export const kTextPlain = {
  "content-type": "text/plain; charset=UTF-8",
  "cache-control": "no-store",
};
export const kTextHtml = { "content-type": "text/html", "cache-control": "no-store" };

export function target(transport, sid, extra = "") {
  return `${kPath}?EIO=4&transport=${transport}${sid ? `&sid=${sid}` : ""}${extra}`;
}

export class PollingSession {
  static async open(port) {
    const response = await request(port, "GET", target("polling"));
    assert.equal(response.status, 200, response.text);
    const session = new PollingSession();
    session.port = port;
    session.sid = JSON.parse(response.text.slice(1)).sid;
    session.target = target("polling", session.sid);
    return session;
  }

  poll(options) {
    return request(this.port, "GET", this.target, options);
  }

  post(body, options) {
    return request(this.port, "POST", this.target, { ...options, body });
  }

  async send(body) {
    const response = await this.post(body);
    assert.equal(`${response.status} ${response.text}`, "200 ok");
  }

  async receive() {
    const response = await this.poll();
    assert.equal(response.status, 200, response.text);
    return response.text;
  }

  // A GET of which the server has certainly taken notice when this returns: with an earlier message
  // it was answered, and the server reads what comes on one connection in order.
  async hold() {
    const held = await Connection.open(this.port);
    await this.send("4hold");
    assert.equal((await held.request("GET", this.target)).text, "4hold");
    await held.write(formatRequest("GET", this.target));
    await settle(this.port);
    return held;
  }

  async isOpen() {
    const response = await request(this.port, "PUT", this.target);
    if (response.status === 500) return true;
    assert.equal(response.text, '{"code":1,"message":"Session ID unknown"}');
    return false;
  }
}

// A round trip over a fresh connection: a server that reads its connections in the order of their
// readiness has seen by then what was written earlier over others.
export async function settle(port) {
  for (let i = 0; i < 3; i++) await request(port, "GET", "/none");
}

export async function openWebSocket(port, options) {
  const peer = await WebSocketPeer.open(port, target("websocket"), options);
  peer.sid = JSON.parse((await peer.text()).slice(1)).sid;
  return peer;
}

// A second session, which asks the fixture about others and gives it orders.
export class Control {
  static async open(port) {
    const control = new Control();
    control.peer = await openWebSocket(port);
    return control;
  }

  async #ask(question) {
    await this.peer.sendText(`4${question}`);
    let answer;
    while ((answer = await this.peer.text()) === "2") await this.peer.sendText("3");
    assert.ok(answer.startsWith(`4${question} `), answer);
    return JSON.parse(answer.slice(question.length + 2));
  }

  async #reasons() {
    return new Map(await this.#ask("!reasons"));
  }

  // What the handler of a living session was told.
  async events(sid) {
    await this.peer.sendText(`4!events ${sid}`);
    return JSON.parse((await this.peer.text()).slice("4!events ".length));
  }

  // The refused requests, oldest first.
  errors() {
    return this.#ask("!errors");
  }

  // Why the session ended; waits for that.
  reasonOf(sid, ms) {
    return eventually(async () => (await this.#reasons()).get(sid), `close reason of ${sid}`, ms);
  }

  async isOpen(sid) {
    return !(await this.#reasons()).has(sid);
  }

  closeSession(sid) {
    return this.peer.sendText(`4!close ${sid}`);
  }
}

// reasonOf() for a single question.
export async function closeReason(port, sid, ms) {
  const control = await Control.open(port);
  return control.reasonOf(sid, ms);
}
