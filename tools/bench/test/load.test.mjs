// SPDX-License-Identifier: MIT
//
// bench-load finds nothing wrong with bench-limit, and does find what a server between them spoils.
import assert from "node:assert/strict";
import { execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { createServer as createTlsServer } from "node:tls";

const { BENCH_LOAD, BENCH_LIMIT } = process.env;

let limit;
let limitPort;

before(async () => {
  limit = spawn(BENCH_LIMIT, ["--port", "0"]);
  const [line] = await once(limit.stdout, "data");
  limitPort = Number(/port (\d+)/.exec(line)[1]);
});
after(() => limit.kill());

/** Runs bench-load and resolves with its exit code and its report. */
function load(port, scenario, ...options) {
  const args = [scenario, "--port", port, "--seconds", "0.2", "--warmup", "0.05", "--settle", "0.05", ...options];
  return new Promise((resolve) => {
    execFile(BENCH_LOAD, args, (error, stdout) => resolve({ code: error?.code ?? 0, report: JSON.parse(stdout) }));
  });
}

/** A server that hands everything on to bench-limit, and what comes back through `spoil(chunk, number,
 * socket)`, which sends what it likes. With one message under way, a chunk is an answer. */
async function spoiler(spoil) {
  const server = createServer((socket) => {
    const upstream = connect(limitPort, "127.0.0.1");
    let number = 0;
    socket.on("data", (chunk) => upstream.write(chunk)).on("close", () => upstream.destroy()).on("error", () => {});
    upstream.on("data", (chunk) => spoil(chunk, number++, socket)).on("error", () => {});
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

describe("a server that answers right has no errors", () => {
  const scenarios = [
    ["echo", "--connections", "10"],
    ["echo", "--connections", "10", "--rate", "1000"],
    ["echo", "--connections", "3", "--payload", "70000"],
    ["echo", "--connections", "10", "--transport", "upgrade"],
    ["ack", "--connections", "10"],
    ["binary", "--connections", "10"],
    ["polling", "--connections", "10"],
    ["broadcast", "--connections", "50", "--depth", "4"],
    ["room", "--connections", "50", "--rooms", "7", "--idle-connections", "5"],
    ["slow", "--connections", "10", "--slow", "3"],
  ];
  for (const [scenario, ...options] of scenarios) {
    test([scenario, ...options].join(" "), async () => {
      const { code, report } = await load(limitPort, scenario, ...options, "--server-pid", limit.pid);
      assert.deepEqual(report.error_kinds, {});
      assert.equal(code, 0);
      assert.ok((report.messages ?? report.deliveries) > 0);
      assert.ok(report.latency_us.p50 > 0 && report.latency_us.p50 <= report.latency_us.max);
      assert.ok(report.server_cpu_us.total > 0);
    });
  }

  for (const scenario of ["connect", "upgrade"]) {
    test(scenario, async () => {
      const { code, report } = await load(limitPort, scenario, "--connections", "200");
      assert.deepEqual(report.error_kinds, {});
      assert.equal(code, 0);
      assert.equal(report.opened, 200);
    });
  }

  test("storm", async () => {
    const delay = ["--reconnection-delay", "0.1", "--reconnection-delay-max", "0.2"];
    const { code, report } = await load(limitPort, "storm", "--connections", "200", ...delay);
    assert.deepEqual(report.error_kinds, {});
    assert.equal(code, 0);
    assert.equal(report.joined, 200);
    assert.ok(report.latency_us.p50 >= 40_000, "no client comes back before its delay");
  });

  test("join", async () => {
    const options = ["--connections", "10", "--memberships", "2000", "--server-pid", limit.pid];
    const { code, report } = await load(limitPort, "join", ...options);
    assert.deepEqual(report.error_kinds, {});
    assert.equal(code, 0);
    assert.equal(report.memberships, 2000);
  });

  test("idle", async () => {
    const options = ["--connections", "200", "--hold", "0.1", "--server-pid", limit.pid];
    const { code, report } = await load(limitPort, "idle", ...options);
    assert.deepEqual(report.error_kinds, {});
    assert.equal(code, 0);
    assert.ok(report.rss_kib.before > 0);
    assert.ok(report.hold.cpu_percent >= 0);
  });
});

/** A TLS server that hands everything on to bench-limit. */
async function tlsServer() {
  const directory = mkdtempSync(join(tmpdir(), "patchbay-bench-"));
  const [key, cert] = [join(directory, "key.pem"), join(directory, "cert.pem")];
  const subject = ["-subj", "/CN=localhost", "-keyout", key, "-out", cert];
  execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", ...subject], { stdio: "ignore" });
  const server = createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) }, (socket) => {
    const upstream = connect(limitPort, "127.0.0.1");
    socket.pipe(upstream).pipe(socket);
    for (const end of [socket, upstream]) end.on("error", () => {});
    socket.on("close", () => upstream.destroy());
  });
  rmSync(directory, { recursive: true });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

describe("over TLS", () => {
  let server;
  before(async () => (server = await tlsServer()));
  after(() => server.close());

  const scenarios = [
    ["echo", "--connections", "10"],
    ["echo", "--connections", "3", "--payload", "70000", "--depth", "2"],
    ["echo", "--connections", "3", "--transport", "upgrade"],
    ["connect", "--connections", "50"],
    ["idle", "--connections", "50"],
  ];
  for (const [scenario, ...options] of scenarios) {
    test([scenario, ...options].join(" "), async () => {
      const { code, report } = await load(server.address().port, scenario, "--tls", ...options);
      assert.deepEqual(report.error_kinds, {});
      assert.equal(code, 0);
    });
  }

  test("a server without TLS is found out", async () => {
    const { code, report } = await load(limitPort, "echo", "--tls", "--connections", "1", "--timeout", "0.3");
    assert.equal(code, 1);
    assert.ok(report.errors >= 1);
  });
});

describe("a server that answers wrong is found out", () => {
  // The first three chunks open the connection: the HTTP answer and two packets at most.
  const kFirst = 20;
  const cases = {
    "a changed byte": {
      kind: "wrong content",
      spoil: (chunk, n, socket) => {
        if (n === kFirst) chunk[chunk.length - 5] ^= 1;
        socket.write(chunk);
      },
    },
    "a changed sequence number": {
      kind: "wrong order",
      spoil: (chunk, n, socket) => {
        if (n === kFirst) chunk[chunk.indexOf("00000")] ^= 1;
        socket.write(chunk);
      },
    },
    "an answer that is missing": {
      kind: "missing answer",
      spoil: (chunk, n, socket) => {
        if (n !== kFirst) socket.write(chunk);
      },
    },
    "an answer that comes twice": {
      kind: "wrong order",
      spoil: (chunk, n, socket) => {
        socket.write(n === kFirst ? Buffer.concat([chunk, chunk]) : chunk);
      },
    },
    "a connection that is cut": {
      kind: "connection closed by the server",
      spoil: (chunk, n, socket) => {
        if (n === kFirst) socket.end();
        else if (n < kFirst) socket.write(chunk);
      },
    },
    "a fragmented frame": {
      kind: "fragmented or compressed frame",
      spoil: (chunk, n, socket) => {
        if (n === kFirst) chunk[0] &= 0x7f;
        socket.write(chunk);
      },
    },
    "an upgrade with a wrong key": {
      kind: "WebSocket upgrade refused",
      spoil: (chunk, n, socket) => {
        socket.write(n === 0 ? Buffer.from(String(chunk).replace("s3pPLM", "wrong!"), "latin1") : chunk);
      },
    },
  };

  for (const [name, { kind, spoil }] of Object.entries(cases)) {
    test(name, async () => {
      const server = await spoiler(spoil);
      const options = ["--connections", "1", "--depth", "1", "--timeout", "0.5"];
      const { code, report } = await load(server.address().port, "echo", ...options);
      server.close();
      assert.equal(code, 1);
      assert.ok(report.errors >= 1);
      assert.ok(report.error_kinds[kind] >= 1, JSON.stringify(report.error_kinds));
    });
  }

  test("a broadcast that one does not get", async () => {
    let connections = 0;
    const server = await spoiler((chunk, n, socket) => {
      socket.id ??= ++connections;
      if (socket.id !== 2 || n !== kFirst) socket.write(chunk);
    });
    const options = ["--connections", "3", "--depth", "1", "--timeout", "0.5"];
    const { code, report } = await load(server.address().port, "broadcast", ...options);
    server.close();
    assert.equal(code, 1);
    assert.ok(report.error_kinds["missing delivery"] >= 1, JSON.stringify(report.error_kinds));
  });

  test("nobody listening", async () => {
    const server = await spoiler(() => {});
    const { port } = server.address();
    server.close();
    const { code, report } = await load(port, "echo", "--timeout", "0.2");
    assert.equal(code, 1);
    assert.deepEqual(report.error_kinds, { "the server does not accept connections": 1 });
  });
});
