// SPDX-License-Identifier: MIT
//
// What the micro-benchmarks work on. Each benchmark is named area/operation/sample.
#pragma once

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "patchbay/protocol/json.hpp"
#include "patchbay/protocol/value.hpp"

namespace patchbay::bench {

inline constexpr std::size_t kSmall = 64;
inline constexpr std::size_t kLarge = 4096;
inline constexpr std::size_t kMaxDepth = 64;

/// ASCII that neither compresses to nothing nor looks like noise.
inline std::string text(std::size_t size) {
  constexpr std::string_view kWords =
      "the quick brown fox jumps over a lazy dog, 0123456789 times; ";
  std::string out;
  while (out.size() < size) out += kWords.substr(out.size() % 7);
  out.resize(size);
  return out;
}

/// UTF-8 of one, two, three and four bytes in turn; at most `size` bytes.
inline std::string international_text(std::size_t size) {
  constexpr std::string_view kLetters = "a\u00e9\u20ac\U0001F600";
  std::string out;
  while (out.size() + kLetters.size() <= size) out += kLetters;
  return out;
}

/// Every byte value.
inline std::string bytes(std::size_t size) {
  std::string out(size, '\0');
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<char>((i * 167 + 13) & 0xff);
  return out;
}

/// The arguments of an event as an application sends them: nested, numbers and text mixed.
inline constexpr std::string_view kObjectJson =
    R"({"id":48271,"user":{"name":"Ada Lovelace","roles":["admin","author"],"active":true},)"
    R"("position":[12.5,-3.75,0.125],"text":"see you \"tomorrow\"","replyTo":null,"likes":17})";

inline void count_bytes(benchmark::State& state, std::size_t each) {
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) *
                          static_cast<std::int64_t>(each));
}

}  // namespace patchbay::bench
