// SPDX-License-Identifier: MIT
#include <charconv>
#include <string>
#include <system_error>
#include <utility>

#include "json_number.hpp"
#include "json_plain_reader.hpp"
#include "patchbay/protocol/json.hpp"
#include "value_builder.hpp"

// RapidJSON adds to the null pointer of a stack that it has yet to allocate: harmless, but of all
// compilers' sanitizers Clang's says that it is undefined.
#if defined(__clang__)
#pragma clang attribute push(__attribute__((no_sanitize("pointer-overflow"))), apply_to = function)
#endif
#include <rapidjson/reader.h>
#include <rapidjson/stream.h>
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
void replace_lone_surrogates(std::string& text) {
  for (std::size_t at = 0; (at = text.find('\\', at)) != std::string::npos;) {
    const std::string_view rest = std::string_view(text).substr(at);
    const unsigned unit = escaped_unit(rest);
    if (is_high_surrogate(unit) && is_low_surrogate(escaped_unit(rest.substr(kEscapeSize)))) {
      at += 2 * kEscapeSize;
    } else if (is_high_surrogate(unit) || is_low_surrogate(unit)) {
      text.replace(at, kEscapeSize, "\\ufffd");
      at += kEscapeSize;
    } else {
      at += 2;  // past what the backslash escapes, which may be another one
    }
  }
}

// --- Reader --------------------------------------------------------------------------------------

// Hands RapidJSON's events on to the builder. The strings stand in the text that is being read.
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
    auto number = json::to_number({text, size});
    return number ? add(std::move(*number)) : fail(Errc::json_number_range);
  }
  bool String(const char* text, rapidjson::SizeType size, bool /*copy*/) {
    builder_.add_text({text, size});
    return true;
  }
  bool Key(const char* text, rapidjson::SizeType size, bool /*copy*/) {
    builder_.key({text, size});
    return true;
  }
  bool StartObject() { return builder_.open_object() || fail(Errc::json_too_deep); }
  bool EndObject(rapidjson::SizeType /*size*/) { return close(); }
  bool StartArray() { return builder_.open_array() || fail(Errc::json_too_deep); }
  bool EndArray(rapidjson::SizeType /*size*/) { return close(); }

 private:
  bool fail(Errc error) {
    error_ = error;
    return false;
  }
  bool close() {
    builder_.close();
    return true;
  }
  template <typename T>
  bool add(T&& value) {
    builder_.add(std::forward<T>(value));
    return true;
  }

  ValueBuilder builder_;
  Errc error_ = Errc::none;
};

Result<Value> read_any(std::string_view text, std::size_t max_depth) {
  constexpr unsigned kFlags = rapidjson::kParseInsituFlag | rapidjson::kParseIterativeFlag |
                              rapidjson::kParseNumbersAsStringsFlag;
  std::string scratch(text);
  replace_lone_surrogates(scratch);
  rapidjson::InsituStringStream stream(scratch.data());
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

}  // namespace

Result<Value> parse_json(std::string_view text, std::size_t max_depth) {
  Result<Value> result{Value()};
  if (!json::read_plain(text, max_depth, *result)) result = read_any(text, max_depth);
  return result;
}

}  // namespace patchbay
