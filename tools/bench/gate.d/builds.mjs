// SPDX-License-Identifier: MIT
//
// The two builds that are compared: the working tree, and an earlier commit in a worktree of its
// own below build/gate/, which is kept: the next comparison with it need not build anything.
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { run } from "../lib/children.mjs";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "../../..");
const PRESET = "bench";
const KEPT_LINES = 30;

async function must(command, options) {
  const { code, stdout, stderr } = await run(command, options);
  if (code === 0) return stdout.trim();
  const said = `${stdout}\n${stderr}`.trim().split("\n").slice(-KEPT_LINES).join("\n");
  throw new Error(`${command.join(" ")} failed:\n${said}`);
}

const git = (...args) => must(["git", "-C", ROOT, ...args]);

/** Full hash of a revision. */
export async function resolve(revision) {
  return git("rev-parse", "--verify", "--quiet", "--end-of-options", `${revision}^{commit}`).catch(() => {
    throw new Error(`no such commit: ${revision}`);
  });
}

/** What to compare with when nobody says: where this branch left main, or the commit before. */
export async function defaultBase() {
  const head = await resolve("HEAD");
  const { code, stdout } = await run(["git", "-C", ROOT, "merge-base", "HEAD", "main"]);
  const fork = stdout.trim();
  return code === 0 && fork !== head ? fork : resolve("HEAD~1");
}

/** The working tree in words. */
export async function describeHead() {
  const head = await git("log", "-1", "--format=%h %s");
  const changed = await git("status", "--porcelain", "--untracked-files=no");
  return changed === "" ? head : `${head}, and changes that are not committed`;
}
export const describeCommit = (commit) => git("log", "-1", "--format=%h %s", commit);

/** Builds targets of the tree; resolves with the directory of the build. */
async function build(tree, targets) {
  const binaries = join(tree, "build", PRESET);
  await must(["cmake", "--preset", PRESET, "-S", tree], { cwd: tree });
  await must(["cmake", "--build", binaries, "--target", ...targets], { cwd: tree });
  return binaries;
}

const serverIn = (binaries) => join(binaries, "tools/bench/server/bench-server");

/** Server and generator of the working tree. */
export async function buildNow() {
  const binaries = await build(ROOT, ["bench-server", "bench-load"]);
  return { server: serverIn(binaries), load: join(binaries, "tools/bench/bench-load") };
}

/** Server of an earlier commit. */
export async function buildBase(commit) {
  const tree = join(ROOT, "build/gate", commit.slice(0, 12));
  if (!existsSync(join(tree, "CMakeLists.txt"))) {
    await git("worktree", "prune");
    await git("worktree", "add", "--quiet", "--detach", tree, commit);
  }
  if (!existsSync(join(tree, "tools/bench/server"))) {
    throw new Error(`commit ${commit.slice(0, 12)} has no bench-server to compare with`);
  }
  return { server: serverIn(await build(tree, ["bench-server"])) };
}
