// SPDX-License-Identifier: MIT
//
// Turns files into an object of the program: node embed_assets.mjs <output folder> <interop folder>
// writes assets.S, which takes the bytes in, and assets_table.cpp, which says what they are. Client
// files come from the npm package socket.io and are compressed here, once, as far as it goes.
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, deflateSync, gzipSync } from "node:zlib";

const [outputFolder, interopFolder] = process.argv.slice(2).map((path) => resolve(path));
const demoFolder = join(dirname(fileURLToPath(import.meta.url)), "demo");
const packageFolder = join(interopFolder, "node_modules", "socket.io");
const clientFolder = join(packageFolder, "client-dist");
const { version } = JSON.parse(readFileSync(join(packageFolder, "package.json"), "utf8"));

const types = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
};
const clientFile = /^socket\.io(\.esm)?(\.msgpack)?(\.min)?\.js(\.map)?$/;

function extension(name) {
  return name.slice(name.lastIndexOf(".") + 1);
}

const demo = readdirSync(demoFolder).map((name) => ({
  path: name === "index.html" ? "/" : `/demo/${name}`,
  type: types[extension(name)] ?? "text/javascript; charset=utf-8",
  etag: "",
  client: false,
  file: join(demoFolder, name),
}));
const client = readdirSync(clientFolder)
  .filter((name) => clientFile.test(name))
  .map((name) => ({
    path: `/socket.io/${name}`,
    type: `application/${extension(name) === "map" ? "json" : "javascript"}; charset=utf-8`,
    etag: `"${version}"`,
    client: true,
    file: join(clientFolder, name),
  }));

mkdirSync(outputFolder, { recursive: true });
const assembly = ['  .section .rodata,"a",@progbits'];
const externals = [];
let blobs = 0;

function embed(bytes) {
  const symbol = `patchbay_asset_${blobs++}`;
  const file = join(outputFolder, `${symbol}.bin`);
  writeFileSync(file, bytes);
  assembly.push(`  .global ${symbol}, ${symbol}_end`, `${symbol}:`, `  .incbin "${file}"`, `${symbol}_end:`);
  externals.push(`extern const char ${symbol}[];`, `extern const char ${symbol}_end[];`);
  return `{${symbol}, static_cast<std::size_t>(${symbol}_end - ${symbol})}`;
}

function compressed(bytes) {
  const brotli = brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });
  const best = { level: constants.Z_BEST_COMPRESSION };
  return [brotli, gzipSync(bytes, best), deflateSync(bytes, best)];
}

const rows = [...demo, ...client].map(({ path, type, etag, client: isClient, file }) => {
  const bytes = readFileSync(file);
  const views = [bytes, ...(isClient ? compressed(bytes) : [])].map(embed);
  while (views.length < 4) views.push("{}");
  return `    {${JSON.stringify(path)}, ${JSON.stringify(type)}, ${JSON.stringify(etag)}, ${isClient},
     ${views.join(", ")}},`;
});

assembly.push('  .section .note.GNU-stack,"",@progbits', "");
writeFileSync(join(outputFolder, "assets.S"), assembly.join("\n"));
writeFileSync(
  join(outputFolder, "assets_table.cpp"),
  `// Made by embed_assets.mjs.
#include "assets.hpp"

extern "C" {
${externals.join("\n")}
}

namespace patchbay::daemon {

std::span<const Asset> assets() {
  static const Asset table[] = {
${rows.join("\n")}
  };
  return table;
}

}  // namespace patchbay::daemon
`,
);
