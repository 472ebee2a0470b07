// SPDX-License-Identifier: MIT
//
// One run of bench-load against a fresh server.
import { run } from "./children.mjs";
import { SERVER_CORE, startServer } from "./server.mjs";

export const LOAD_CORE = 1;

/**
 * Runs a scenario (scenarios.mjs) against a server of its own. Resolves with the report of
 * bench-load; a server or generator that fails is a report with `errors` and `failure`.
 * @param load path of bench-load
 * @param command of the server
 * @param serverCore core, or list of cores as "0,1", that it may use
 */
export async function measure(load, command, scenario, { serverCore = SERVER_CORE } = {}) {
  let server;
  try {
    server = await startServer(command, { core: serverCore });
    const args = [...scenario.args, "--port", server.port, "--server-pid", server.pid].map(String);
    const { stdout, stderr, code, signal } = await run([load, ...args], { core: LOAD_CORE });
    return readReport(stdout) ?? failure(`bench-load ended with ${signal ?? code}: ${stderr.trim()}`);
  } catch (error) {
    return failure(error.message);
  } finally {
    await server?.stop();
  }
}

function failure(text) {
  return { errors: 1, failure: text };
}

/** bench-load's report, or null when that is not what was printed. */
export function readReport(text) {
  try {
    const report = JSON.parse(text);
    return typeof report?.errors === "number" ? report : null;
  } catch {
    return null;
  }
}
