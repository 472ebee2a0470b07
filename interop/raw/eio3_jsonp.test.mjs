// SPDX-License-Identifier: MIT
//
// Polling by script elements and forms, in both revisions.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { closeReason, kPath, kTextHtml, kTextPlain, settle } from "../support/engine.mjs";
import { openData, payload, target3 } from "../support/engine3.mjs";
import { assertResponse, request } from "../support/http.mjs";
import { kQuiet, useServer } from "../support/server.mjs";

describe("JSONP", () => {
  const server = useServer("engineio", "--allow-eio3", "--no-cors", ...kQuiet);

  // What a page makes of the script, whose text must be what `index` says.
  function run(response, index) {
    assertResponse(response, 200, kTextPlain, response.text);
    assert.ok(response.text.startsWith(`___eio[${index}]("`), response.text);
    assert.ok(response.text.endsWith('");'), response.text);
    const call = response.text.slice(`___eio[${index}]`.length);
    return new Function(`let got; (value => got = value)${call} return got;`)();
  }

  // As the form of a 2.x client does it.
  function form(body) {
    const escaped = body.replace(/\\n/g, "\\\n").replace(/\n/g, "\\n");
    return new URLSearchParams({ d: escaped }).toString();
  }
  const kForm = { "Content-Type": "application/x-www-form-urlencoded" };

  async function open(port, query, index) {
    const opened = run(await request(port, "GET", `${kPath}?${query}`), index);
    const [, sid] = /"sid":"([\w-]{20})"/.exec(opened);
    const uri = `${kPath}?${query}&sid=${sid}`;
    return {
      sid,
      opened,
      poll: () => request(port, "GET", uri),
      post: (body) => request(port, "POST", uri, { body, headers: kForm }),
    };
  }

  const kTexts = ["4hello", '4"\\é😀', "4\u2028\u2029\u2027", "4&d=1+%41", "4</script>"];
  const kNewlines = ["4\n", "4a\nb\r\n\n", "4\\n", "4\\\\n", "4\\", "4\\n\n\\n"];

  it("wraps and unwraps bodies of revision 3", async () => {
    const session = await open(server.port, "EIO=3&transport=polling&j=0", "0");
    assert.equal(openData(session.opened).sid, session.sid);
    const packets = [...kTexts, ...kNewlines];
    assertResponse(await session.post(form(payload(...packets))), 200, kTextHtml, "ok");
    const response = await session.poll();
    assert.equal(run(response, "0"), payload(...packets));
    assert.ok(!/[\u2028\u2029]/.test(response.text));
    assert.equal(response.headers["content-length"], String(response.body.length));
  });

  it("wraps and unwraps bodies of revision 4", async () => {
    const session = await open(server.port, "EIO=4&transport=polling&j=7", "7");
    const body = [...kTexts, ...kNewlines, "bAQI="].join("\x1e");
    assertResponse(await session.post(form(body)), 200, kTextHtml, "ok");
    assert.equal(run(await session.poll(), "7"), body);
  });

  it("has base64 in scripts, with b64 and without", async () => {
    for (const extra of ["", "&b64=1"]) {
      const session = await open(server.port, `EIO=3&transport=polling&j=1${extra}`, "1");
      await session.post(form(payload("b4AQI=")));
      assert.equal(run(await session.poll(), "1"), "6:b4AQI=");
    }
  });

  it("takes nothing but digits from j", async () => {
    for (const [j, index] of [
      ["12", "12"],
      ["", ""],
      ["1](alert(2));//3", "123"],
      ["\n5", "5"],
    ]) {
      const query = `EIO=3&transport=polling&j=${encodeURIComponent(j)}`;
      await open(server.port, query, index);
    }
  });

  it("answers held polls and ends in scripts", async () => {
    const session = await open(server.port, "EIO=3&transport=polling&j=3", "3");
    const polled = session.poll();
    await settle(server.port);
    await session.post(form(payload("1")));
    assert.equal(run(await polled, "3"), "1:6");
    assert.equal(await closeReason(server.port, session.sid), "transport close");
  });

  for (const body of ["", "x=2:4a", "2:4a", "d=", "d=4a"]) {
    it(`closes upon the form [${body}]`, async () => {
      const session = await open(server.port, "EIO=3&transport=polling&j=3", "3");
      assertResponse(await session.post(body), 400, {}, "");
      assert.equal(await closeReason(server.port, session.sid), "parse error");
    });
  }

  it("is refused binary bodies", async () => {
    const session = await open(server.port, "EIO=3&transport=polling&j=3", "3");
    const headers = { "Content-Type": "application/octet-stream" };
    const uri = target3("polling", session.sid, "&j=3");
    const posted = await request(server.port, "POST", uri, { body: "d=2:4a", headers });
    assertResponse(posted, 400, {}, "");
    assert.equal(await closeReason(server.port, session.sid), "transport error");
  });
});
