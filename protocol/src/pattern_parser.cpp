// SPDX-License-Identifier: MIT
//
// The text of a pattern to a program: by recursive descent to a tree, for repetitions are written
// out, and from that to instructions.
#include <algorithm>
#include <optional>

#include "pattern.hpp"

namespace patchbay {

namespace {

using Instruction = Pattern::Instruction;
using Op = Pattern::Instruction::Op;
using Ranges = Pattern::Ranges;

constexpr std::size_t kMaxInstructions = 5'000;
constexpr std::size_t kMaxDepth = 50;
constexpr std::uint32_t kMaxRepetitions = 1'000;
constexpr std::uint32_t kForever = ~std::uint32_t{0};
constexpr char32_t kLastCodePoint = 0x10ffff;

struct Node {
  enum class Kind : std::uint8_t { any_of, begin, end, sequence, alternatives, repetition };
  Kind kind;
  Ranges set = {};
  std::vector<Node> parts = {};
  std::uint32_t least = 1;
  std::uint32_t most = 1;
};

// Sorted, and what touches is one.
Ranges normal(Ranges ranges) {
  std::ranges::sort(ranges);
  Ranges result;
  for (const auto& range : ranges) {
    if (!result.empty() && range.first <= result.back().second + 1) {
      result.back().second = std::max(result.back().second, range.second);
    } else {
      result.push_back(range);
    }
  }
  return result;
}

Ranges complement(const Ranges& ranges) {
  Ranges result;
  char32_t next = 0;
  for (const auto& [first, last] : normal(ranges)) {
    if (first > next) result.emplace_back(next, first - 1);
    next = last + 1;
  }
  if (next <= kLastCodePoint) result.emplace_back(next, kLastCodePoint);
  return result;
}

// What \d, \w and \s stand for; nothing for other letters.
std::optional<Ranges> named_set(char32_t letter) {
  switch (letter) {
    case U'd':
      return Ranges{{'0', '9'}};
    case U'w':
      return Ranges{{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
    case U's':
      return Ranges{{'\t', '\r'},     {' ', ' '},       {0xa0, 0xa0},     {0x1680, 0x1680},
                    {0x2000, 0x200a}, {0x2028, 0x2029}, {0x202f, 0x202f}, {0x205f, 0x205f},
                    {0x3000, 0x3000}, {0xfeff, 0xfeff}};
    default:
      return std::nullopt;
  }
}

std::u32string to_code_points(std::string_view text) {
  std::u32string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xc0U) == 0x80 && !result.empty()) {
      result.back() = result.back() << 6 | (byte & 0x3fU);
    } else {
      const unsigned mask = byte >= 0xf0 ? 0x07 : byte >= 0xe0 ? 0x0f : byte >= 0xc0 ? 0x1f : 0xff;
      result.push_back(byte & mask);
    }
  }
  return result;
}

// Stops at the first fault, which it keeps.
class Parser {
 public:
  explicit Parser(std::string_view source) : source_(to_code_points(source)) {}

  Node parse() {
    Node all = alternatives();
    if (!at_end()) fail("\")\" without \"(\"");
    return all;
  }
  [[nodiscard]] const std::string& fault() const noexcept { return fault_; }

 private:
  [[nodiscard]] bool at_end() const noexcept { return position_ >= source_.size(); }
  [[nodiscard]] char32_t peek() const noexcept { return at_end() ? 0 : source_[position_]; }
  bool accept(char32_t code) {
    if (at_end() || source_[position_] != code) return false;
    ++position_;
    return true;
  }
  bool accept(std::u32string_view text) {
    if (!std::u32string_view(source_).substr(position_).starts_with(text)) return false;
    position_ += text.size();
    return true;
  }
  // Nothing is left to be read, so everything returns.
  void fail(std::string text) {
    if (fault_.empty()) fault_ = std::move(text);
    position_ = source_.size();
  }

  Node alternatives() {
    Node node{.kind = Node::Kind::alternatives};
    if (++depth_ > kMaxDepth) fail("nested too deeply");
    do {
      node.parts.push_back(sequence());
    } while (accept(U'|'));
    --depth_;
    return node;
  }

  Node sequence() {
    Node node{.kind = Node::Kind::sequence};
    while (!at_end() && peek() != U'|' && peek() != U')') node.parts.push_back(quantified());
    return node;
  }

  Node quantified() {
    Node node = atom();
    std::uint32_t least = 1;
    std::uint32_t most = 1;
    if (accept(U'*')) {
      least = 0;
      most = kForever;
    } else if (accept(U'+')) {
      most = kForever;
    } else if (accept(U'?')) {
      least = 0;
    } else if (accept(U'{')) {
      counts(least, most);
    } else {
      return node;
    }
    accept(U'?');  // lazily: the same for whether there is a match
    if (node.kind == Node::Kind::begin || node.kind == Node::Kind::end) {
      fail("nothing to repeat");
    }
    Node repeated{.kind = Node::Kind::repetition, .least = least, .most = most};
    repeated.parts.push_back(std::move(node));
    return repeated;
  }

  // Behind the "{".
  void counts(std::uint32_t& least, std::uint32_t& most) {
    least = number();
    most = least;
    if (accept(U',')) most = peek() == U'}' ? kForever : number();
    if (!accept(U'}') || most < least) fail("\"{\" without a count of repetitions");
  }
  std::uint32_t number() {
    if (peek() < U'0' || peek() > U'9') fail("\"{\" without a count of repetitions");
    std::uint32_t value = 0;
    while (peek() >= U'0' && peek() <= U'9') {
      value = value * 10 + static_cast<std::uint32_t>(source_[position_++] - U'0');
      if (value > kMaxRepetitions) fail("more than 1000 repetitions");
    }
    return value;
  }

  Node atom() {
    const char32_t code = source_[position_++];
    switch (code) {
      case U'^':
        return {.kind = Node::Kind::begin};
      case U'$':
        return {.kind = Node::Kind::end};
      case U'.':
        return one_of(complement({{'\n', '\n'}, {'\r', '\r'}, {0x2028, 0x2029}}));
      case U'(':
        return group();
      case U'[':
        return one_of(set());
      case U'\\':
        return one_of(escape());
      case U'*':
      case U'+':
      case U'?':
        fail("nothing to repeat");
        break;
      case U'{':
      case U'}':
      case U']':
        fail("a bracket that has to be escaped");
        break;
      default:
        break;
    }
    return one_of({{code, code}});
  }

  static Node one_of(Ranges ranges) {
    return {.kind = Node::Kind::any_of, .set = normal(std::move(ranges))};
  }

  Node group() {
    if (!accept(U"?:") && peek() == U'?') fail("groups with \"?\" are not known, but for \"(?:\"");
    Node node = alternatives();
    if (!accept(U')')) fail("\"(\" without \")\"");
    return node;
  }

  // Behind the "[".
  Ranges set() {
    const bool negated = accept(U'^');
    Ranges ranges;
    while (!at_end() && peek() != U']') {
      const Ranges first = set_member();
      if (peek() == U'-' && position_ + 1 < source_.size() && source_[position_ + 1] != U']') {
        ++position_;
        span(ranges, first, set_member());
      } else {
        ranges.insert(ranges.end(), first.begin(), first.end());
      }
    }
    if (!accept(U']')) fail("\"[\" without \"]\"");
    return negated ? complement(ranges) : ranges;
  }
  Ranges set_member() {
    const char32_t code = at_end() ? 0 : source_[position_++];
    return code == U'\\' ? escape() : Ranges{{code, code}};
  }
  void span(Ranges& ranges, const Ranges& first, const Ranges& last) {
    const auto is_one = [](const Ranges& set) {
      return set.size() == 1 && set[0].first == set[0].second;
    };
    if (!is_one(first) || !is_one(last) || first[0].first > last[0].first) {
      fail("a range the wrong way round");
      return;
    }
    ranges.emplace_back(first[0].first, last[0].first);
  }

  // Behind the "\".
  Ranges escape() {
    if (at_end()) {
      fail("\"\\\" at the end");
      return {};
    }
    const char32_t code = source_[position_++];
    if (auto named = named_set(code)) return *named;
    if (code == U'D' || code == U'W' || code == U'S') return complement(*named_set(code + 32));
    const char32_t meant = escaped(code);
    return {{meant, meant}};
  }
  char32_t escaped(char32_t code) {
    constexpr std::u32string_view kLetters = U"fnrtv0";
    constexpr std::u32string_view kMeant(U"\f\n\r\t\v\0", 6);
    const auto index = kLetters.find(code);
    if (index != std::u32string_view::npos) return kMeant[index];
    if (code == U'x') return hex(2);
    if (code == U'u') return accept(U'{') ? braced() : hex(4);
    const bool is_letter = (code >= U'a' && code <= U'z') || (code >= U'A' && code <= U'Z') ||
                           (code >= U'1' && code <= U'9');
    if (is_letter) fail("an escape that is not known");
    return code;
  }
  char32_t hex(std::size_t digits) {
    char32_t value = 0;
    for (std::size_t i = 0; i < digits; ++i) value = value << 4 | hex_digit();
    return value;
  }
  char32_t braced() {
    char32_t value = 0;
    while (!at_end() && peek() != U'}') {
      value = value << 4 | hex_digit();
      if (value > kLastCodePoint) fail("beyond the last code point");
    }
    if (!accept(U'}')) fail("\"\\u{\" without \"}\"");
    return value;
  }
  char32_t hex_digit() {
    const char32_t code = at_end() ? 0 : source_[position_++];
    if (code >= U'0' && code <= U'9') return code - U'0';
    const char32_t lower = code | 0x20U;
    if (lower >= U'a' && lower <= U'f') return lower - U'a' + 10;
    fail("no hexadecimal digit");
    return 0;
  }

  std::u32string source_;
  std::size_t position_ = 0;
  std::size_t depth_ = 0;
  std::string fault_;
};

// Writes the instructions for a tree. Stops writing when there are too many.
class Writer {
 public:
  void write(const Node& node) {
    if (too_long()) return;
    switch (node.kind) {
      case Node::Kind::any_of:
        sets_.push_back(node.set);
        add({.op = Op::any_of, .first = static_cast<std::uint32_t>(sets_.size() - 1)});
        break;
      case Node::Kind::begin:
        add({.op = Op::begin});
        break;
      case Node::Kind::end:
        add({.op = Op::end});
        break;
      case Node::Kind::sequence:
        for (const Node& part : node.parts) write(part);
        break;
      case Node::Kind::alternatives:
        write_alternatives(node.parts);
        break;
      case Node::Kind::repetition:
        write_repetition(node);
        break;
    }
  }
  [[nodiscard]] bool too_long() const noexcept { return program_.size() > kMaxInstructions; }
  Pattern finish() {
    add({.op = Op::match});
    return {std::move(program_), std::move(sets_)};
  }

 private:
  std::uint32_t add(Instruction instruction) {
    program_.push_back(instruction);
    return here() - 1;
  }
  [[nodiscard]] std::uint32_t here() const { return static_cast<std::uint32_t>(program_.size()); }

  void write_alternatives(const std::vector<Node>& parts) {
    std::vector<std::uint32_t> ends;
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
      const std::uint32_t split = add({.op = Op::split, .first = here() + 1});
      write(parts[i]);
      ends.push_back(add({.op = Op::jump}));
      program_[split].second = here();
    }
    write(parts.back());
    for (const std::uint32_t end : ends) program_[end].first = here();
  }

  void write_repetition(const Node& node) {
    const Node& part = node.parts.front();
    for (std::uint32_t i = 0; i < node.least; ++i) write(part);
    if (node.most == kForever) {
      const std::uint32_t split = add({.op = Op::split, .first = here() + 1});
      write(part);
      add({.op = Op::jump, .first = split});
      program_[split].second = here();
      return;
    }
    std::vector<std::uint32_t> splits;
    for (std::uint32_t i = node.least; i < node.most && !too_long(); ++i) {
      splits.push_back(add({.op = Op::split, .first = here() + 1}));
      write(part);
    }
    for (const std::uint32_t split : splits) program_[split].second = here();
  }

  Pattern::Program program_;
  std::vector<Ranges> sets_;
};

}  // namespace

Result<Pattern, std::string> Pattern::compile(std::string_view source) {
  Parser parser(source);
  const Node tree = parser.parse();
  if (!parser.fault().empty()) return parser.fault();
  Writer writer;
  writer.write(tree);
  if (writer.too_long()) return std::string("the pattern is too large");
  return writer.finish();
}

}  // namespace patchbay
