// SPDX-License-Identifier: MIT
//
// Tables in Markdown.
import { format } from "../lib/statistics.mjs";
import { judge } from "./requirements.mjs";
import { Results } from "./results.mjs";

const kCpu = "server_cpu_us.total";
const kNone = "–";
const kFailed = "failed";

/** The first `words` columns hold words, the others numbers. */
export function table(head, rows, words = 1) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  const align = head.map((_, column) => (column < words ? "---" : "---:"));
  return [line(head), line(align), ...rows.map(line)].join("\n");
}

const times = (ratio) => (ratio ? format(ratio.median) : kNone);

function cell(results, name, server, path, withRange) {
  const figure = results.figure(name, server, path);
  if (!figure) return results.failures(name, server).length > 0 ? kFailed : kNone;
  const { median, min, max } = figure;
  const range = withRange && max > min ? ` (${format(min)}–${format(max)})` : "";
  // A round that failed is not hidden behind those that did not.
  const failed = results.failures(name, server).length > 0 ? ` ${kFailed}` : "";
  return format(median) + range + failed;
}

// The cases of which some server has the figure.
const having = (report, results, path) =>
  report.cases.filter(({ name }) => report.servers.some((server) => results.figure(name, server.name, path)));

function figureTable(report, results, path, { withRange = false, extra = [] } = {}) {
  const cases = having(report, results, path);
  if (cases.length === 0) return undefined;
  const shown = report.servers.filter(({ name: server }) =>
    cases.some(({ name }) => results.rounds(name, server).length > 0),
  );
  const head = ["", ...shown.map(({ title }) => title), ...extra.map(({ title }) => title)];
  const rows = cases.map(({ name, title }) => [
    title,
    ...shown.map((server) => cell(results, name, server.name, path, withRange)),
    ...extra.map(({ of }) => times(of(results, name))),
  ]);
  return table(head, rows);
}

const kRatios = [
  { title: "Patchbay × limit", of: (results, name) => results.ratio([name, "patchbay", kCpu], [name, "limit", kCpu]) },
  {
    title: "better than ws ×",
    of: (results, name) => results.ratio([name, "node-ws", kCpu], [name, "patchbay", kCpu]),
  },
];

const kTables = [
  ["Server CPU, µs per message, delivery, connection or join", kCpu, { withRange: true, extra: kRatios }],
  ["Messages, deliveries, connections a second", "per_second"],
  ["Latency p99, µs", "latency_us.p99"],
  ["Slow readers: p99 of the others before they stop, µs", "latency_before_us.p99"],
  ["Memory while they are connected: KiB per connection", "rss_kib.per_connection", { withRange: true }],
  ["Memory after they have left: KiB", "rss_kib.after"],
  ["Slow readers: KiB per client that does not read", "rss_kib.per_slow", { withRange: true }],
  ["Idle with heartbeats: % of one core", "hold.cpu_percent"],
];

function requirementTable(results, cases) {
  const titles = new Map(cases.map(({ name, title }) => [name, title]));
  const rows = judge(results).map(({ name, what, bound, value, met }) => [
    titles.get(name) ?? name,
    what,
    bound,
    value === undefined ? kFailed : format(value),
    met ? "met" : "**missed**",
  ]);
  return rows.length > 0 ? table(["", "figure", "required", "measured", ""], rows, 2) : undefined;
}

function failureList(report, results) {
  const lines = report.cases.flatMap(({ name, title }) =>
    report.servers.flatMap(({ name: server, title: who }) =>
      [...new Set(results.failures(name, server))].map((why) => `- ${title}, ${who}: ${why}`),
    ),
  );
  return lines.length > 0 ? lines.join("\n") : undefined;
}

/** Date, versions, machine and how it was done: what makes figures worth reading. */
export function circumstances({ date, machine, versions, repeat, load_average: load, left_out: leftOut }) {
  const { processor, cores, memory_gib: memory, system, kernel } = machine;
  const what = Object.entries(versions).map(([title, version]) => `${title} ${version}`);
  const how = repeat > 1 ? `medians of ${repeat}` : "single runs";
  const from = load.map((value) => value.toFixed(1)).join(" to ");
  const lines = [
    `${date}, ${processor}, ${cores} cores, ${memory} GiB, ${system}, ${kernel}; ${how}; load average ${from}.`,
    `${what.join("; ")}.`,
    ...leftOut.map(({ title, why }) => `Left out: ${title} (${why}).`),
  ];
  return lines.join("\n");
}

/** The whole report. */
export function fullReport(report) {
  const results = new Results(report.runs);
  const sections = kTables.map(([title, path, options]) => [title, figureTable(report, results, path, options)]);
  sections.push(["Requirements", requirementTable(results, report.cases)]);
  sections.push(["What went wrong", failureList(report, results)]);
  const texts = sections.filter(([, text]) => text).map(([title, text]) => `**${title}**\n\n${text}`);
  return [circumstances(report), ...texts].join("\n\n") + "\n";
}

// What the README has room for.
const kBrief = ["echo", "ack", "echo-d1", "binary", "broadcast", "broadcast-d4", "room", "polling", "connect", "upgrade"];

/** The table for the README: what a message costs, and an idle connection. */
export function briefReport(report) {
  const results = new Results(report.runs);
  const servers = report.servers.filter(({ name }) => name !== "patchbay-2-threads");
  const cases = report.cases.filter(({ name }) => kBrief.includes(name));
  const brief = { ...report, servers, cases };
  const cpu = figureTable(brief, results, kCpu, { extra: kRatios });
  const idle = figureTable({ ...report, servers }, results, "rss_kib.per_connection");
  const texts = [
    ["Server CPU, µs per message (fan-out: per delivery; opening: per connection)", cpu],
    ["Memory, KiB per connection", idle],
  ];
  const shown = texts.filter(([, text]) => text).map(([title, text]) => `${title}:\n\n${text}`);
  return [...shown, circumstances(report)].join("\n\n") + "\n";
}

const kBegin = "<!-- bench:begin -->";
const kEnd = "<!-- bench:end -->";

/** `document` with `block` between the markers, instead of what was there. */
export function replaceBlock(document, block) {
  const begin = document.indexOf(kBegin);
  const end = document.indexOf(kEnd);
  if (begin < 0 || end < begin) throw new Error(`no ${kBegin} and ${kEnd} to write between`);
  return `${document.slice(0, begin + kBegin.length)}\n${block.trim()}\n${document.slice(end)}`;
}
