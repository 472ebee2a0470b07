// SPDX-License-Identifier: MIT
//
// The files of the JavaScript client, below the path.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { brotliDecompressSync, gunzipSync, inflateSync } from "node:zlib";

import { assertResponse, request } from "../support/http.mjs";
import { kQuiet, useServer } from "../support/server.mjs";

const packageFile = (path) => new URL(`../node_modules/socket.io/${path}`, import.meta.url);
const { version } = JSON.parse(readFileSync(packageFile("package.json"), "utf8"));

const kScripts = [
  "socket.io.js",
  "socket.io.min.js",
  "socket.io.esm.min.js",
  "socket.io.msgpack.min.js",
];
const kFiles = kScripts.flatMap((name) => [name, `${name}.map`]);
const kUnknownTransport = '{"code":0,"message":"Transport unknown"}';

const contentOf = (name) => readFileSync(packageFile(`client-dist/${name}`));

function headersOf(name) {
  const type = name.endsWith(".map") ? "json" : "javascript";
  return {
    "cache-control": "public, max-age=0",
    "content-type": `application/${type}; charset=utf-8`,
    etag: `"${version}"`,
  };
}

describe("client files", () => {
  const server = useServer("socketio", "--serve-client", "--no-cors", ...kQuiet);
  const get = (name, options, method = "GET") =>
    request(server.port, method, `/socket.io/${name}`, options);

  for (const name of kFiles) {
    it(`${name} is that of the package`, async () => {
      const response = await get(name);
      assertResponse(response, 200, headersOf(name), contentOf(name).toString());
    });
  }

  for (const [accept, encoding, decode] of [
    ["br", "br", brotliDecompressSync],
    ["gzip, deflate, br", "gzip", gunzipSync], // the client's order
    ["*", "br", brotliDecompressSync],
    ["deflate, gzip;q=0.5", "deflate", inflateSync],
    ["br;q=0, *", "gzip", gunzipSync],
    ["zstd", undefined, (body) => body],
  ]) {
    it(`come encoded for ${accept}`, async () => {
      const name = "socket.io.min.js";
      const response = await get(name, { headers: { "Accept-Encoding": accept } });
      assert.equal(response.headers["content-encoding"], encoding);
      assert.deepEqual(decode(response.body), contentOf(name));
    });
  }

  it("answer any method, whatever the query is", async () => {
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
      const response = await get("socket.io.min.js?v=1&transport=tobi", {}, method);
      assert.equal(response.status, 200, method);
      assert.deepEqual(response.body, contentOf("socket.io.min.js"));
    }
    const head = await get("socket.io.min.js", {}, "HEAD");
    assert.equal(head.status, 200);
    assert.equal(head.headers["content-length"], String(contentOf("socket.io.min.js").length));
  });

  it("are not sent to who has them", async () => {
    for (const etag of [`"${version}"`, `W/"${version}"`]) {
      const response = await get("socket.io.js", { headers: { "If-None-Match": etag } });
      assert.equal(response.status, 304);
      assert.equal(response.body.length, 0);
      for (const name of ["etag", "content-type", "cache-control"]) {
        assert.equal(response.headers[name], undefined, name);
      }
    }
    for (const etag of ['"4.0.0"', version, `"${version}", "x"`, "*"]) {
      const response = await get("socket.io.js", { headers: { "If-None-Match": etag } });
      assert.equal(response.status, 200, etag);
    }
  });

  for (const name of [
    "socket.io.esm.js",
    "socket.io.msgpack.js",
    "socket.io.min.js.gz",
    "SOCKET.IO.JS",
    "..%2fsocket.io.js",
    "../package.json",
    "%73ocket.io.js",
    "x/socket.io.js",
  ]) {
    it(`${name} is none of them`, async () => {
      const response = await get(name);
      assert.equal(response.status, 400);
      assert.equal(response.text, kUnknownTransport);
    });
  }
});

describe("client files beside CORS and middlewares", () => {
  const origin = "http://app.example";
  const server = useServer(
    ...["socketio", "--serve-client", "--middlewares"],
    ...["--cors-origin", origin, ...kQuiet],
  );

  it("carry the headers of CORS, and none of a middleware", async () => {
    for (const headers of [{}, { "If-None-Match": `"${version}"` }]) {
      const response = await request(server.port, "GET", "/socket.io/socket.io.js?mw=answer", {
        headers,
      });
      assert.equal(response.headers["access-control-allow-origin"], origin);
      assert.equal(response.headers.vary, "Origin");
      assert.equal(response.headers["x-order"], undefined);
      assert.ok([200, 304].includes(response.status));
    }
  });
});

describe("without client files", () => {
  const server = useServer("socketio", ...kQuiet);

  it("their names are the engine's", async () => {
    const response = await request(server.port, "GET", "/socket.io/socket.io.js");
    assert.equal(response.text, kUnknownTransport);
  });
});
