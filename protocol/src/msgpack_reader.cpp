// SPDX-License-Identifier: MIT
//
// Written here because no library of Debian's would do: msgpack-c allocates what an array
// announces, msgpack-cxx (whose visitors could be bounded) comes with all of Boost. The format is
// a table of one page; the bounds, the dates and the strictness would be ours in any case.
#include <array>
#include <bit>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <utility>
#include <vector>

#include "patchbay/protocol/msgpack.hpp"
#include "patchbay/protocol/utf8.hpp"
#include "value_builder.hpp"

namespace patchbay {

namespace {

// --- Dates ---------------------------------------------------------------------------------------

constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::int64_t kLastDateMs = 100'000'000 * kDayMs;  // of ECMAScript's Date; first: minus it

constexpr std::int64_t floor_divide(std::int64_t value, std::int64_t by) noexcept {
  return value / by - (value % by < 0 ? 1 : 0);
}

// Date.prototype.toISOString() of milliseconds since 1970. Null when they are out of its range, as
// JSON.stringify writes an invalid date.
Value to_iso_date(std::int64_t ms) {
  if (ms < -kLastDateMs || ms > kLastDateMs) return {};
  // The calendar repeats after 400 years; <chrono> knows fewer years than ECMAScript.
  constexpr std::int64_t kCycleDays = 146'097;
  const std::int64_t days = floor_divide(ms, kDayMs);
  const std::int64_t cycles = floor_divide(days, kCycleDays);
  const std::chrono::year_month_day date(
      std::chrono::sys_days(std::chrono::days(days - cycles * kCycleDays)));
  const auto year = static_cast<int>(date.year()) + static_cast<int>(cycles) * 400;
  const auto time = static_cast<int>(ms - days * kDayMs);
  const char* const format = year >= 0 && year <= 9999 ? "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ"
                                                       : "%+07d-%02u-%02uT%02d:%02d:%02d.%03dZ";
  std::array<char, 96> text;
  const int size =
      std::snprintf(text.data(), text.size(), format, year, static_cast<unsigned>(date.month()),
                    static_cast<unsigned>(date.day()), time / 3'600'000, time / 60'000 % 60,
                    time / 1000 % 60, time % 1000);
  return std::string(text.data(), static_cast<std::size_t>(size));
}

// --- Numbers -------------------------------------------------------------------------------------

template <std::size_t Size>
struct UnsignedOf;
template <>
struct UnsignedOf<1> {
  using type = std::uint8_t;
};
template <>
struct UnsignedOf<2> {
  using type = std::uint16_t;
};
template <>
struct UnsignedOf<4> {
  using type = std::uint32_t;
};
template <>
struct UnsignedOf<8> {
  using type = std::uint64_t;
};

// A big-endian number. Precondition: there are as many bytes as it takes.
template <typename T>
T load(std::string_view bytes) noexcept {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    bits = bits << 8 | static_cast<unsigned char>(bytes[i]);
  }
  return std::bit_cast<T>(static_cast<typename UnsignedOf<sizeof(T)>::type>(bits));
}

// --- Reader --------------------------------------------------------------------------------------

// Tags, the first bytes of values, at which a range begins or that are named twice.
constexpr unsigned kFixedMap = 0x80;
constexpr unsigned kFixedArray = 0x90;
constexpr unsigned kFixedString = 0xa0;
constexpr unsigned kFixedStringEnd = 0xc0;
constexpr unsigned kString8 = 0xd9;
constexpr unsigned kString16 = 0xda;
constexpr unsigned kString32 = 0xdb;
constexpr unsigned kNegative = 0xe0;

class Reader {
 public:
  Reader(std::string_view data, std::size_t max_depth) : rest_(data), builder_(max_depth) {}

  Result<Value> read() {
    if (rest_.empty()) return Errc::msgpack_truncated;
    do {
      const Errc error = read_next();
      if (error != Errc::none) return error;
      close_finished();
    } while (!levels_.empty());
    if (!rest_.empty()) return Errc::msgpack_syntax;
    return builder_.take();
  }

 private:
  struct Level {
    bool object;
    std::size_t missing;  // values that have yet to begin
  };

  // One value with its key, or the beginning of one that holds others.
  Errc read_next() {
    if (!levels_.empty()) {
      --levels_.back().missing;
      if (levels_.back().object) {
        const Errc error = read_key();
        if (error != Errc::none) return error;
      }
    }
    return read_value(take_tag());
  }

  void close_finished() {
    while (!levels_.empty() && levels_.back().missing == 0) {
      levels_.pop_back();
      builder_.close();
    }
  }

  // --- Bytes

  // Precondition: something is owed, so that there is a byte.
  unsigned take_tag() noexcept {
    const auto tag = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    --owed_;
    return tag;
  }

  // Nothing when too little would be left for what has been announced.
  std::optional<std::string_view> take(std::size_t size) noexcept {
    if (size > rest_.size() - owed_) return std::nullopt;
    const std::string_view bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return bytes;
  }

  template <typename T>
  std::optional<T> take_number() noexcept {
    const auto bytes = take(sizeof(T));
    return bytes ? std::optional(load<T>(*bytes)) : std::nullopt;
  }

  // --- Values

  template <typename T>
  Errc add(T&& value) {
    builder_.add(std::forward<T>(value));
    return Errc::none;
  }

  template <typename T>
  Errc read_number() {
    const auto number = take_number<T>();
    return number ? add(*number) : Errc::msgpack_truncated;
  }

  // Something with its size before it.
  template <std::unsigned_integral Size>
  Errc read_sized(Errc (Reader::*read_rest)(std::size_t)) {
    const auto size = take_number<Size>();
    return size ? (this->*read_rest)(*size) : Errc::msgpack_truncated;
  }

  static bool is_string(unsigned tag) noexcept {
    return (tag >= kFixedString && tag < kFixedStringEnd) || (tag >= kString8 && tag <= kString32);
  }

  // Precondition: is_string(tag).
  std::optional<std::size_t> take_string_size(unsigned tag) noexcept {
    switch (tag) {
      case kString8:
        return take_number<std::uint8_t>();
      case kString16:
        return take_number<std::uint16_t>();
      case kString32:
        return take_number<std::uint32_t>();
      default:
        return tag - kFixedString;
    }
  }

  // Precondition: is_string(tag).
  Errc take_string(unsigned tag, std::string_view& text) noexcept {
    const auto size = take_string_size(tag);
    const auto bytes = size ? take(*size) : std::nullopt;
    if (!bytes) return Errc::msgpack_truncated;
    text = *bytes;
    return is_valid_utf8(text) ? Errc::none : Errc::msgpack_invalid_utf8;
  }

  Errc read_key() {
    const unsigned tag = take_tag();
    if (!is_string(tag)) return Errc::msgpack_bad_key;
    std::string_view text;
    const Errc error = take_string(tag, text);
    if (error == Errc::none) builder_.key(text);
    return error;
  }

  Errc read_string(unsigned tag) {
    std::string_view text;
    const Errc error = take_string(tag, text);
    if (error == Errc::none) builder_.add_text(text);
    return error;
  }

  Errc read_binary(std::size_t size) {
    const auto bytes = take(size);
    if (!bytes) return Errc::msgpack_truncated;
    builder_.add_binary(*bytes);
    return Errc::none;
  }

  // --- What holds values

  // Each value announced takes a byte at least: so that what is announced and not there is refused
  // here.
  Errc read_array(std::size_t size) {
    if (size > rest_.size() - owed_) return Errc::msgpack_truncated;
    if (!builder_.open_array()) return Errc::msgpack_too_deep;
    levels_.push_back({.object = false, .missing = size});
    owed_ += size;
    return Errc::none;
  }

  Errc read_map(std::size_t size) {
    if (size > (rest_.size() - owed_) / 2) return Errc::msgpack_truncated;
    if (!builder_.open_object()) return Errc::msgpack_too_deep;
    levels_.push_back({.object = true, .missing = size});
    owed_ += 2 * size;
    return Errc::none;
  }

  // --- Extensions

  Errc read_undefined() {
    const bool member = !levels_.empty() && levels_.back().object;
    if (!member) return add(Value());
    builder_.drop_key();
    return Errc::none;
  }

  Errc read_timestamp(std::string_view data) {
    std::int64_t seconds = 0;
    std::uint64_t nanoseconds = 0;
    if (data.size() == 4) {
      seconds = load<std::uint32_t>(data);
    } else if (data.size() == 8) {
      const auto both = load<std::uint64_t>(data);
      nanoseconds = both >> 34;
      seconds = static_cast<std::int64_t>(both & 0x3'ffff'ffff);
    } else if (data.size() == 12) {
      nanoseconds = load<std::uint32_t>(data);
      seconds = load<std::int64_t>(data.substr(4));
    } else {
      return Errc::msgpack_syntax;
    }
    if (nanoseconds >= 1'000'000'000) return Errc::msgpack_syntax;
    constexpr std::int64_t kLastSecond = kLastDateMs / 1000;
    if (seconds < -kLastSecond || seconds > kLastSecond) return add(Value());
    return add(to_iso_date(seconds * 1000 + static_cast<std::int64_t>(nanoseconds / 1'000'000)));
  }

  Errc read_extension(std::size_t size) {
    const auto type = take_number<std::int8_t>();
    const auto data = type ? take(size) : std::nullopt;
    if (!data) return Errc::msgpack_truncated;
    if (*type == 0) {
      builder_.add_binary(*data);
      return Errc::none;
    }
    if (*type == -1) return read_timestamp(*data);
    return Errc::msgpack_unknown_extension;
  }

  // Type 0 has meanings of its own in two of the forms without a size.
  Errc read_fixed_extension(std::size_t size) {
    const bool type_zero = rest_.starts_with('\0');
    if (type_zero && size == 1) return take(2) ? read_undefined() : Errc::msgpack_truncated;
    if (type_zero && size == 8) {
      const auto data = take(9);
      return data ? add(to_iso_date(load<std::int64_t>(data->substr(1)))) : Errc::msgpack_truncated;
    }
    return read_extension(size);
  }

  // --- Tags

  Errc read_value(unsigned tag) {
    if (tag < kFixedMap) return add(tag);
    if (tag < kFixedArray) return read_map(tag - kFixedMap);
    if (tag < kFixedString) return read_array(tag - kFixedArray);
    if (is_string(tag)) return read_string(tag);
    if (tag >= kNegative) return add(static_cast<std::int8_t>(tag));
    switch (tag) {
      case 0xc0:
        return add(Value());
      case 0xc2:
        return add(false);
      case 0xc3:
        return add(true);
      case 0xca:
        return read_number<float>();
      case 0xcb:
        return read_number<double>();
      case 0xcc:
        return read_number<std::uint8_t>();
      case 0xcd:
        return read_number<std::uint16_t>();
      case 0xce:
        return read_number<std::uint32_t>();
      case 0xcf:
        return read_number<std::uint64_t>();
      case 0xd0:
        return read_number<std::int8_t>();
      case 0xd1:
        return read_number<std::int16_t>();
      case 0xd2:
        return read_number<std::int32_t>();
      case 0xd3:
        return read_number<std::int64_t>();
      default:
        return read_sized_value(tag);
    }
  }

  Errc read_sized_value(unsigned tag) {
    switch (tag) {
      case 0xc4:
        return read_sized<std::uint8_t>(&Reader::read_binary);
      case 0xc5:
        return read_sized<std::uint16_t>(&Reader::read_binary);
      case 0xc6:
        return read_sized<std::uint32_t>(&Reader::read_binary);
      case 0xc7:
        return read_sized<std::uint8_t>(&Reader::read_extension);
      case 0xc8:
        return read_sized<std::uint16_t>(&Reader::read_extension);
      case 0xc9:
        return read_sized<std::uint32_t>(&Reader::read_extension);
      case 0xd4:
        return read_fixed_extension(1);
      case 0xd5:
        return read_fixed_extension(2);
      case 0xd6:
        return read_fixed_extension(4);
      case 0xd7:
        return read_fixed_extension(8);
      case 0xd8:
        return read_fixed_extension(16);
      case 0xdc:
        return read_sized<std::uint16_t>(&Reader::read_array);
      case 0xdd:
        return read_sized<std::uint32_t>(&Reader::read_array);
      case 0xde:
        return read_sized<std::uint16_t>(&Reader::read_map);
      case 0xdf:
        return read_sized<std::uint32_t>(&Reader::read_map);
      default:
        return Errc::msgpack_syntax;  // 0xc1
    }
  }

  std::string_view rest_;
  // Values and keys that have been announced and have yet to begin; never more than rest_ holds
  // bytes.
  std::size_t owed_ = 1;
  std::vector<Level> levels_;  // what is open in the builder
  ValueBuilder builder_;
};

}  // namespace

Result<Value> parse_msgpack(std::string_view data, std::size_t max_depth) {
  return Reader(data, max_depth).read();
}

}  // namespace patchbay
