// SPDX-License-Identifier: MIT
#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "patchbay/protocol/json.hpp"
#include "value_builder.hpp"

// RapidJSON adds to the null pointer of a stack that it has yet to allocate: harmless, but of all
// compilers' sanitizers Clang's says that it is undefined.
#if defined(__clang__)
#pragma clang attribute push(__attribute__((no_sanitize("pointer-overflow"))), apply_to = function)
#endif
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>
#if defined(__clang__)
#pragma clang attribute pop
#endif

namespace patchbay {

namespace {

// --- Strings -------------------------------------------------------------------------------------

constexpr std::size_t kEscapeSize = 6;  // \uXXXX

constexpr bool is_high_surrogate(unsigned unit) noexcept {
  return unit >> 10 == 0xd800 >> 10;
}
constexpr bool is_low_surrogate(unsigned unit) noexcept {
  return unit >> 10 == 0xdc00 >> 10;
}

// The UTF-16 unit whose escape the text begins with; 0 when it begins with anything else.
unsigned escaped_unit(std::string_view text) noexcept {
  if (text.size() < kEscapeSize || !text.starts_with("\\u")) return 0;
  unsigned unit = 0;
  const char* const end = text.data() + kEscapeSize;
  return std::from_chars(text.data() + 2, end, unit, 16).ptr == end ? unit : 0;
}

// A JavaScript string may hold half of a surrogate pair (an emoji cut in two), and JSON.stringify
// writes it as an escape. No UTF-8 exists for it: it becomes U+FFFD, as in every browser's
// TextEncoder. RapidJSON refuses one half and writes ill-formed UTF-8 for the other.
// Returns the text with such escapes replaced, or nothing when it has none.
std::optional<std::string> replace_lone_surrogates(std::string_view text) {
  std::optional<std::string> repaired;
  for (std::size_t at = 0; (at = text.find('\\', at)) != std::string_view::npos;) {
    const std::string_view rest = text.substr(at);
    const unsigned unit = escaped_unit(rest);
    if (is_high_surrogate(unit) && is_low_surrogate(escaped_unit(rest.substr(kEscapeSize)))) {
      at += 2 * kEscapeSize;
    } else if (is_high_surrogate(unit) || is_low_surrogate(unit)) {
      if (!repaired) repaired.emplace(text);
      repaired->replace(at, kEscapeSize, "\\ufffd");
      at += kEscapeSize;
    } else {
      at += 2;  // past what the backslash escapes, which may be another one
    }
  }
  return repaired;
}

// --- Numbers -------------------------------------------------------------------------------------

// Whether a JSON number that is not zero lies between -1 and 1.
bool is_fraction(std::string_view text) noexcept {
  const auto index = [size = text.size()](std::size_t found) {
    return static_cast<std::int64_t>(std::min(found, size));
  };
  const std::size_t mark = text.find_first_of("eE");
  std::int64_t exponent = 0;
  if (mark != std::string_view::npos) {
    std::string_view digits = text.substr(mark + 1);
    if (digits.starts_with('+')) digits.remove_prefix(1);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
    if (error != std::errc()) return digits.starts_with('-');
  }
  const std::int64_t point = index(text.find_first_of(".eE"));
  const std::int64_t first = index(text.find_first_of("123456789"));
  const std::int64_t leading = point - first - (first < point ? 1 : 0);  // as a power of ten
  return leading + exponent < 0;
}

// The value of a JSON number; nothing when no double can hold it.
std::optional<Value> to_number(std::string_view text) noexcept {
  const char* const end = text.data() + text.size();
  std::int64_t integer = 0;
  const auto whole = std::from_chars(text.data(), end, integer);
  if (whole.ec == std::errc() && whole.ptr == end) return integer;
  double number = 0;
  if (std::from_chars(text.data(), end, number).ec == std::errc()) return number;
  if (is_fraction(text)) return 0.0;  // too small to be told from zero
  return std::nullopt;
}

// --- Reader --------------------------------------------------------------------------------------

// Hands RapidJSON's events on to the builder.
class Handler : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Handler> {
 public:
  explicit Handler(std::size_t max_depth) : builder_(max_depth) {}

  [[nodiscard]] Value take() { return builder_.take(); }
  // Why the handler stopped the reader; none when it did not.
  [[nodiscard]] Errc error() const noexcept { return error_; }

  bool Null() { return add(Value()); }
  bool Bool(bool value) { return add(value); }
  // All numbers come this way, as text: std::from_chars rounds right and cannot overflow inside.
  bool RawNumber(const char* text, rapidjson::SizeType size, bool /*copy*/) {
    auto number = to_number({text, size});
    return number ? add(std::move(*number)) : fail(Errc::json_number_range);
  }
  bool String(const char* text, rapidjson::SizeType size, bool /*copy*/) {
    return add(std::string(text, size));
  }
  bool Key(const char* text, rapidjson::SizeType size, bool /*copy*/) {
    builder_.key({text, size});
    return true;
  }
  bool StartObject() { return open(Object()); }
  bool EndObject(rapidjson::SizeType /*size*/) { return close(); }
  bool StartArray() { return open(Array()); }
  bool EndArray(rapidjson::SizeType /*size*/) { return close(); }

 private:
  bool fail(Errc error) {
    error_ = error;
    return false;
  }
  bool open(Value container) {
    return builder_.open(std::move(container)) || fail(Errc::json_too_deep);
  }
  bool close() {
    builder_.close();
    return true;
  }
  bool add(Value value) {
    builder_.add(std::move(value));
    return true;
  }

  ValueBuilder builder_;
  Errc error_ = Errc::none;
};

}  // namespace

Result<Value> parse_json(std::string_view text, std::size_t max_depth) {
  constexpr unsigned kFlags =
      rapidjson::kParseIterativeFlag | rapidjson::kParseNumbersAsStringsFlag;
  const auto repaired = replace_lone_surrogates(text);
  if (repaired) text = *repaired;
  rapidjson::MemoryStream stream(text.data(), text.size());
  rapidjson::Reader reader;
  Handler handler(max_depth);
  if (reader.Parse<kFlags>(stream, handler)) {
    // A NUL looks like the end of the stream to RapidJSON.
    if (stream.Tell() != text.size()) return Errc::json_syntax;
    return handler.take();
  }
  if (handler.error() != Errc::none) return handler.error();
  if (reader.GetParseErrorCode() == rapidjson::kParseErrorNumberTooBig) {
    return Errc::json_number_range;
  }
  return Errc::json_syntax;
}

}  // namespace patchbay
