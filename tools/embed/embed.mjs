// SPDX-License-Identifier: MIT
//
// Turns files into an object of a program:
//   node embed.mjs <output folder> <function> plain|compressed <files...>
// writes <function>.S, which takes the bytes in, and <function>.cpp, which defines
// patchbay::<function>(), a table of EmbeddedFile. Compression is done here, once, as far as it goes.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, extname, join, resolve } from "node:path";
import { brotliCompressSync, constants, deflateSync, gzipSync } from "node:zlib";

const [folder, name, form, ...files] = process.argv.slice(2);
const outputFolder = resolve(folder);
const types = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": form === "compressed" ? "application/javascript; charset=utf-8" : "text/javascript; charset=utf-8",
  ".map": "application/json; charset=utf-8",
  ".svg": "image/svg+xml",
};

mkdirSync(outputFolder, { recursive: true });
const assembly = ['  .section .rodata,"a",@progbits'];
const externals = [];
let blobs = 0;

function embed(bytes) {
  const symbol = `patchbay_${name}_${blobs++}`;
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

const rows = files.map((file) => {
  const type = types[extname(file)];
  if (!type) throw new Error(`embed.mjs: no Content-Type for ${file}`);
  const bytes = readFileSync(file);
  const views = [bytes, ...(form === "compressed" ? compressed(bytes) : [])].map(embed);
  while (views.length < 4) views.push("{}");
  return `    {${JSON.stringify(basename(file))}, ${JSON.stringify(type)},
     ${views.join(", ")}},`;
});

assembly.push('  .section .note.GNU-stack,"",@progbits', "");
writeFileSync(join(outputFolder, `${name}.S`), assembly.join("\n"));
writeFileSync(
  join(outputFolder, `${name}.cpp`),
  `// Made by embed.mjs.
#include <cstddef>
#include <span>

#include "embedded_file.hpp"

extern "C" {
${externals.join("\n")}
}

namespace patchbay {

std::span<const EmbeddedFile> ${name}();

std::span<const EmbeddedFile> ${name}() {
  static const EmbeddedFile table[] = {
${rows.join("\n")}
  };
  return table;
}

}  // namespace patchbay
`,
);
