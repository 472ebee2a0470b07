// SPDX-License-Identifier: MIT
//
// What is TLS's own: versions, the wrong protocol on the port, stock clients over https and wss. That
// everything else works as without it is shown by running other files with CONFORMANCE_TLS=1.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import https from "node:https";
import tls from "node:tls";

import { call, connect, kTransports, upgraded, useClients } from "../support/client.mjs";
import { target } from "../support/engine.mjs";
import { Connection, formatRequest } from "../support/http.mjs";
import { kBinary, kQuiet, useServer } from "../support/server.mjs";
import { testCertificate } from "../support/tls.mjs";
import { within } from "../support/wait.mjs";

const { certificate, key, ca } = testCertificate();
const kTls = ["--tls-cert", certificate, "--tls-key", key];

// The version that both sides agree on.
function handshake(port, options) {
  const socket = tls.connect({ port, host: "127.0.0.1", ca, ...options });
  const outcome = new Promise((done, fail) => {
    socket.once("secureConnect", () => done(socket.getProtocol())).once("error", fail);
  });
  return within(outcome.finally(() => socket.destroy()), "handshake");
}

describe("the connection", () => {
  const server = useServer("engineio", ...kTls, ...kQuiet);

  it("is TLS 1.2 or 1.3 with forward secrecy", async () => {
    for (const version of ["TLSv1.2", "TLSv1.3"]) {
      const options = { minVersion: version, maxVersion: version };
      assert.equal(await handshake(server.port, options), version);
    }
    const weak = { maxVersion: "TLSv1.2", ciphers: "AES128-SHA" };
    const old = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT:@SECLEVEL=0" };
    for (const options of [weak, old]) {
      await assert.rejects(handshake(server.port, options), { code: /ALERT/ });
    }
  });

  it("ends for those who speak plain HTTP", async () => {
    const plain = await Connection.open(server.port, { secure: false });
    await plain.write(formatRequest("GET", target("polling")));
    assert.equal((await plain.rest()).toString(), "");
  });

  it("carries requests of Node.js's own client, one after the other", async () => {
    const agent = new https.Agent({ ca, keepAlive: true, maxSockets: 1 });
    for (let i = 0; i < 3; i++) {
      const url = `${server.url}${target("polling")}`;
      const status = new Promise((done, fail) => {
        const request = https.get(url, { agent }, (answer) => {
          answer.resume().on("end", () => done(answer));
        });
        request.on("error", fail);
      });
      const answer = await within(status, "answer");
      assert.equal(answer.statusCode, 200);
      assert.equal(answer.req.reusedSocket, i > 0);
    }
    agent.destroy();
  });

  it("is understood by openssl s_client", () => {
    const options = ["-connect", `127.0.0.1:${server.port}`, "-CAfile", certificate];
    const input = formatRequest("GET", target("polling"), { headers: { Connection: "close" } });
    const output = execFileSync(
      "openssl",
      ["s_client", "-quiet", "-verify_return_error", "-alpn", "http/1.1", ...options],
      { input, stdio: ["pipe", "pipe", "ignore"], timeout: 10_000 },
    );
    assert.match(output.toString(), /^HTTP\/1\.1 200 OK\r\n/);
  });
});

describe("the stock client", () => {
  const server = useServer("socketio", ...kTls, ...kQuiet);
  useClients();

  for (const [name, transports] of Object.entries(kTransports)) {
    it(`connects by ${name} and echoes`, async () => {
      const socket = await connect(server.url, { transports, ca });
      const text = "x".repeat(200_000);
      assert.equal(await call(socket, "message-with-ack", text), text);
      if (transports.includes("websocket")) {
        await upgraded(socket);
        const bytes = Buffer.alloc(300_000, "0123456789");
        assert.deepEqual(await call(socket, "message-with-ack", bytes), bytes);
      }
    });
  }

  it("does not trust a certificate that it does not know", async () => {
    await assert.rejects(connect(server.url, { ca: [], transports: ["websocket"] }));
  });
});

describe("a server that cannot have its certificate", () => {
  const kProgram =
    process.env.PATCHBAY_BIN ??
    fileURLToPath(new URL("../../build/release/server/patchbay", import.meta.url));
  const cases = [
    [
      ["--tls-cert", "/nonexistent.pem", "--tls-key", key],
      1,
      /cannot read certificate file '\/nonexistent\.pem': No such file/,
    ],
    [
      ["--tls-cert", certificate, "--tls-key", certificate],
      1,
      /private_key file '.*' holds no private key/,
    ],
    [["--tls-cert", certificate], 2, /--tls-cert requires --tls-key/],
  ];
  const skip = !existsSync(kProgram) && "the program was not built";
  for (const [options, code, says] of cases) {
    it(`says so: ${says.source}`, { skip }, () => {
      const run = spawnSync(kProgram, ["--port", "0", ...options], { timeout: 10_000 });
      assert.match(run.stderr.toString(), says);
      assert.equal(run.status, code);
    });
  }

  it("says so, as the fixture", () => {
    const options = ["--engineio", "--port", "0", "--tls-cert", key, "--tls-key", key];
    const run = spawnSync(kBinary, options, { timeout: 10_000 });
    assert.match(run.stderr.toString(), /certificate file '.*' holds no certificate in PEM form/);
    assert.equal(run.status, 1);
  });
});
