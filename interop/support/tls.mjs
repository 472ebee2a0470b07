// SPDX-License-Identifier: MIT
//
// With CONFORMANCE_TLS=1 in the environment, the fixture speaks TLS, and so do the clients in here.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const kOverTls = process.env.CONFORMANCE_TLS === "1";

let made;

// A certificate for this process, for 127.0.0.1 and localhost: {certificate, key} are files, `ca` is
// what clients have to trust.
export function testCertificate() {
  made ??= makeCertificate();
  return made;
}

// Another one.
export function makeCertificate() {
  const folder = mkdtempSync(join(tmpdir(), "patchbay-tls-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const certificate = join(folder, "cert.pem");
  const key = join(folder, "key.pem");
  const names = "subjectAltName=IP:127.0.0.1,DNS:localhost";
  execFileSync(
    "openssl",
    [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"],
      ...["-days", "2", "-subj", "/CN=localhost", "-addext", names],
      ...["-keyout", key, "-out", certificate],
    ],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  return { certificate, key, ca: readFileSync(certificate) };
}
