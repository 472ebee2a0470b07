// SPDX-License-Identifier: MIT
//
// Text that is not UTF-8, in every place where a client may put text. What the server refuses it
// refuses with the answer that is documented for the place; what it accepts comes back as UTF-8.

import assert from "node:assert/strict";
import { isUtf8 } from "node:buffer";
import { describe, it } from "node:test";

import msgpackParser from "socket.io-msgpack-parser";

import { PollingSession, closeReason, openWebSocket, target } from "../support/engine.mjs";
import { Session3 } from "../support/engine3.mjs";
import { request } from "../support/http.mjs";
import { kQuiet, useServer } from "../support/server.mjs";
import { openBare, openJoined, openJoinedPolling } from "../support/sio.mjs";
import { Opcode, WebSocketPeer, frame } from "../support/ws.mjs";

// What is wrong about it, and the bytes.
const kInvalid = {
  "a lonely continuation": [0x80],
  "an overlong slash": [0xc0, 0xaf],
  "a surrogate": [0xed, 0xa0, 0x80],
  "beyond Unicode": [0xf4, 0x90, 0x80, 0x80],
  "byte ff": [0xff],
};
// Only at the end, where more could have followed.
const kCut = { "a character that is cut": [0xf0, 0x9f, 0x98] };

const encode = (packet) => Buffer.from(new msgpackParser.Encoder().encode(packet)[0]);
const join = (...parts) => Buffer.concat(parts.map((part) => Buffer.from(part)));

async function expectClose(peer, code) {
  const { opcode, payload } = await peer.frame();
  assert.equal(opcode, Opcode.close);
  assert.equal(payload.length >= 2 ? payload.readUInt16BE(0) : null, code);
  peer.destroy();
}

for (const [name, bytes] of Object.entries({ ...kInvalid, ...kCut })) {
  describe(`${name}`, () => {
    const engine = useServer("engineio", "--allow-eio3", ...kQuiet);

    it("in a WebSocket's text: 1007", async () => {
      const peer = await openWebSocket(engine.port);
      await peer.sendText(join("4a", bytes));
      await expectClose(peer, 1007);
      assert.equal(await closeReason(engine.port, peer.sid), "transport error");
    });

    it("in the reason of a close frame: 1007", async () => {
      const peer = await openWebSocket(engine.port);
      await peer.write(frame(Opcode.close, join([0x03, 0xe8], bytes)));
      await expectClose(peer, 1007);
    });

    it("in a polling body: 400, and the session ends", async () => {
      const session = await PollingSession.open(engine.port);
      assert.equal((await session.post(join("4a", bytes))).status, 400);
      assert.equal(await closeReason(engine.port, session.sid), "parse error");
    });

    it("in a polling body of revision 3: 400, and the session ends", async () => {
      const session = await Session3.open(engine.port);
      const response = await request(engine.port, "POST", session.target, {
        headers: { "Content-Type": "text/plain;charset=UTF-8" },
        body: join("3:4a", bytes),
      });
      assert.equal(response.status, 400);
      assert.equal(await closeReason(engine.port, session.sid), "parse error");
    });

    it("in the query: whatever is answered is UTF-8", async () => {
      const escaped = Buffer.from(bytes).toString("hex").replace(/../g, "%$&");
      for (const query of [
        `&transport=${escaped}`,
        `&sid=${escaped}`,
        `&EIO=${escaped}`,
        `&${escaped}=1`,
      ]) {
        const response = await request(engine.port, "GET", `${target("polling")}${query}`);
        assert.ok([200, 400].includes(response.status));
        assert.ok(isUtf8(response.body), response.text);
      }
    });
  });

  describe(`${name}, in Socket.IO`, () => {
    const server = useServer("socketio", ...kQuiet);

    const places = {
      "an event's name": join('42["a', bytes, '"]'),
      "an argument": join('42["message","', bytes, '"]'),
      "a key": join('42["message",{"', bytes, '":1}]'),
      "between values": join("42[", bytes, '"message"]'),
      "a namespace": join("40/a", bytes, ","),
      "an auth": join('40/custom,{"a":"', bytes, '"}'),
      "an acknowledgement": join('431["', bytes, '"]'),
    };
    for (const [place, message] of Object.entries(places)) {
      it(`${place} over a WebSocket: 1007`, async () => {
        const peer = await openJoined(server.port);
        await peer.write(frame(Opcode.text, message));
        await expectClose(peer, 1007);
      });

      it(`${place} by polling: 400`, async () => {
        const session = await openJoinedPolling(server.port);
        assert.equal((await session.post(message)).status, 400);
        assert.equal((await session.poll()).status, 400);
      });
    }

    it("the query of a handshake that the application sends on", async () => {
      const escaped = Buffer.from(bytes).toString("hex").replace(/../g, "%$&");
      const path = `/socket.io/?EIO=4&transport=websocket&a=${escaped}`;
      const peer = await WebSocketPeer.open(server.port, path);
      await peer.text();
      await peer.sendText("40");
      await peer.text();
      await peer.text(); // auth
      await peer.sendText('421["handshake"]');
      const { payload } = await peer.frame();
      assert.ok(isUtf8(payload), payload.toString("hex"));
    });
  });

  describe(`${name}, in MessagePack`, () => {
    const server = useServer("socketio", "--msgpack", ...kQuiet);

    // A mark of the same length is replaced in what was encoded.
    const packet = (make) => {
      const mark = "~".repeat(bytes.length);
      const encoded = encode(make(mark));
      const at = encoded.indexOf(mark);
      Buffer.from(bytes).copy(encoded, at);
      return encoded;
    };
    const places = {
      "an event's name": (mark) => ({ type: 2, nsp: "/", data: [mark] }),
      "an argument": (mark) => ({ type: 2, nsp: "/", data: ["message", mark] }),
      "a key": (mark) => ({ type: 2, nsp: "/", data: ["message", { [mark]: 1 }] }),
      "a namespace": (mark) => ({ type: 0, nsp: `/${mark}` }),
    };
    for (const [place, make] of Object.entries(places)) {
      it(`${place} ends the session`, async () => {
        const peer = await openBare(server.port);
        await peer.sendBinary(encode({ type: 0, nsp: "/" }));
        await peer.frame(); // connected
        await peer.frame(); // auth
        await peer.sendBinary(packet(make));
        await expectClose(peer, null);
      });
    }
  });
}

describe("what is UTF-8 on the wire and no text in JSON", () => {
  const server = useServer("socketio", ...kQuiet);
  for (const escape of ["\\ud800", "\\udc00", "\\ud800\\ud800", "\\udc00\\ud800"]) {
    it(`the lonely surrogate ${escape} does not come back as what is not UTF-8`, async () => {
      const peer = await openJoined(server.port);
      await peer.sendText(`42["message","${escape}"]`);
      const { opcode, payload } = await peer.frame();
      assert.ok(opcode === Opcode.close || isUtf8(payload), payload.toString("hex"));
      peer.destroy();
    });
  }
});
