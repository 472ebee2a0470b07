// SPDX-License-Identifier: MIT
#include "pattern.hpp"

#include <algorithm>

namespace patchbay {

namespace {

using Op = Pattern::Instruction::Op;

// Takes the next code point off the text, which is not empty. What is not UTF-8 counts by bytes.
char32_t take_code_point(std::string_view& text) {
  const auto byte = [&text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  std::size_t more = 0;
  if (lead >= 0xf0) {
    more = 3;
  } else if (lead >= 0xe0) {
    more = 2;
  } else if (lead >= 0xc0) {
    more = 1;
  }
  if (more >= text.size()) more = 0;
  char32_t code = more == 0 ? lead : lead & (0x3fU >> more);
  for (std::size_t i = 1; i <= more; ++i) code = code << 6 | (byte(i) & 0x3fU);
  text.remove_prefix(more + 1);
  return code;
}

bool contains(const Pattern::Ranges& ranges, char32_t code) {
  const auto after =
      std::ranges::upper_bound(ranges, code, {}, [](const auto& range) { return range.first; });
  return after != ranges.begin() && std::prev(after)->second >= code;
}

}  // namespace

// One search: where in the program all ways are that have come so far.
class Pattern::Search {
 public:
  explicit Search(const Pattern& pattern)
      : pattern_(pattern), seen_(pattern.program_.size(), false) {}

  bool run(std::string_view text) {
    bool at_begin = true;
    while (true) {
      // A match may begin anywhere.
      reach(0, at_begin, text.empty());
      if (matched_) return true;
      if (text.empty()) return false;
      at_begin = false;
      const char32_t code = take_code_point(text);
      step(code, text.empty());
      if (matched_) return true;
    }
  }

 private:
  void step(char32_t code, bool at_end) {
    const auto before = std::exchange(waiting_, {});
    seen_.assign(seen_.size(), false);
    for (const std::uint32_t position : before) {
      if (contains(pattern_.sets_[pattern_.program_[position].first], code)) {
        reach(position + 1, false, at_end);
      }
    }
  }

  // Follows the ways from a position until each needs a character.
  void reach(std::uint32_t start, bool at_begin, bool at_end) {
    open_.push_back(start);
    while (!open_.empty()) {
      const std::uint32_t position = open_.back();
      open_.pop_back();
      if (seen_[position]) continue;
      seen_[position] = true;
      follow(position, at_begin, at_end);
    }
  }

  void follow(std::uint32_t position, bool at_begin, bool at_end) {
    const Instruction& instruction = pattern_.program_[position];
    switch (instruction.op) {
      case Op::any_of:
        waiting_.push_back(position);
        break;
      case Op::split:
        open_.push_back(instruction.second);
        open_.push_back(instruction.first);
        break;
      case Op::jump:
        open_.push_back(instruction.first);
        break;
      case Op::begin:
        if (at_begin) open_.push_back(position + 1);
        break;
      case Op::end:
        if (at_end) open_.push_back(position + 1);
        break;
      case Op::match:
        matched_ = true;
        break;
    }
  }

  const Pattern& pattern_;
  std::vector<bool> seen_;  // at this place of the text
  std::vector<std::uint32_t> waiting_;
  std::vector<std::uint32_t> open_;
  bool matched_ = false;
};

bool Pattern::found_in(std::string_view text) const {
  return Search(*this).run(text);
}

}  // namespace patchbay
