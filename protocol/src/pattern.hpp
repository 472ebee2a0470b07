// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "patchbay/protocol/result.hpp"

namespace patchbay {

// A regular expression; see protocol/json_schema.hpp for which. Searched for by Thompson's
// construction: all ways through the pattern are gone at once, so no text takes long.
// Immutable; any thread.
class Pattern {
 public:
  // The error says in words what is wrong.
  static Result<Pattern, std::string> compile(std::string_view source);

  // Whether some part of the text matches. The text is UTF-8.
  [[nodiscard]] bool found_in(std::string_view text) const;
  // How many steps that takes for each character, at most.
  [[nodiscard]] std::size_t steps() const noexcept { return program_.size(); }

  // --- For pattern.cpp and pattern_parser.cpp

  // Code points, both ends included; sorted and apart.
  using Ranges = std::vector<std::pair<char32_t, char32_t>>;
  struct Instruction {
    enum class Op : std::uint8_t { any_of, split, jump, begin, end, match };
    Op op;
    std::uint32_t first = 0;   // any_of: which set; split, jump: where to
    std::uint32_t second = 0;  // split: where else to
  };
  using Program = std::vector<Instruction>;

  Pattern(Program program, std::vector<Ranges> sets)
      : program_(std::move(program)), sets_(std::move(sets)) {}

 private:
  class Search;

  Program program_;
  std::vector<Ranges> sets_;
};

}  // namespace patchbay
