// SPDX-License-Identifier: MIT
//
// The two builds that are compared: the working tree, and an earlier commit in a worktree of its
// own below build/gate/, which is kept: the next comparison with it has less to build.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

import { ROOT } from "../compare.d/servers.mjs";
import { run } from "../lib/children.mjs";

const kPreset = "bench";
const kServer = "tools/bench/server";
const kHashDigits = 12;
const kKeptLines = 30;

const git = (...args) =>
  execFileSync("git", ["-C", ROOT, ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();

function attempt(...args) {
  try {
    return git(...args);
  } catch {
    return undefined;
  }
}

/** Full hash of a revision. */
export function resolve(revision) {
  const commit = attempt("rev-parse", "--verify", "--end-of-options", `${revision}^{commit}`);
  if (!commit) throw new Error(`no such commit: ${revision}`);
  return commit;
}

/** What to compare with when nobody says: where this branch left main, or else the commit before. */
export function defaultBase() {
  const fork = attempt("merge-base", "HEAD", "main");
  return fork && fork !== resolve("HEAD") ? fork : resolve("HEAD~1");
}

export const describeCommit = (commit) => git("log", "-1", "--format=%h %s", commit);

export function describeTree() {
  const changed = git("status", "--porcelain", "--untracked-files=no") !== "";
  return describeCommit("HEAD") + (changed ? ", with changes that are not committed" : "");
}

async function cmake(tree, ...args) {
  const { code, stdout, stderr } = await run(["cmake", ...args], { cwd: tree, group: true });
  if (code === 0) return;
  const said = `${stdout}\n${stderr}`.trim().split("\n").slice(-kKeptLines).join("\n");
  throw new Error(`cmake ${args.join(" ")} failed in ${tree}:\n${said}`);
}

async function build(tree, ...targets) {
  await cmake(tree, "--preset", kPreset);
  await cmake(tree, "--build", "--preset", kPreset, "--target", ...targets);
  return join(tree, "build", kPreset, kServer, "bench-server");
}

/** Builds the server, and the generator that drives both; resolves with the server's path. */
export const buildNow = () => build(ROOT, "bench-server", "bench-load");

/** Builds the server of an earlier commit; resolves with its path. */
export async function buildBase(commit) {
  if (attempt("cat-file", "-e", `${commit}:${kServer}`) === undefined) {
    throw new Error(`${describeCommit(commit)}: has no bench-server to compare with`);
  }
  const tree = join(ROOT, "build/gate", commit.slice(0, kHashDigits));
  if (!existsSync(join(tree, "CMakePresets.json"))) {
    git("worktree", "prune");
    git("worktree", "add", "--quiet", "--force", "--detach", tree, commit);
  }
  return build(tree, "bench-server");
}
