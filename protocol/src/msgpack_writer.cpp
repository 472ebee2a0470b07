// SPDX-License-Identifier: MIT
#include <bit>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <stdexcept>

#include "msgpack_bytes.hpp"
#include "patchbay/protocol/msgpack.hpp"
#include "patchbay/protocol/utf8.hpp"

namespace patchbay {

namespace msgpack {

namespace {

void append_byte(std::string& out, unsigned byte) {
  out += static_cast<char>(static_cast<unsigned char>(byte));
}

// Big-endian, behind the byte that says what it is.
template <std::unsigned_integral T>
void append_tagged(std::string& out, unsigned tag, T value) {
  append_byte(out, tag);
  for (int shift = std::numeric_limits<T>::digits - 8; shift >= 0; shift -= 8) {
    append_byte(out, static_cast<unsigned>(value >> shift) & 0xff);
  }
}

// The tags by which a kind of value states its size. 0: there is none of that width.
struct SizeTags {
  unsigned fixed;  // the size is added to it
  std::size_t fixed_end;
  unsigned byte;
  unsigned two_bytes;
  unsigned four_bytes;
};

constexpr SizeTags kMap = {0x80, 16, 0, 0xde, 0xdf};
constexpr SizeTags kArray = {0x90, 16, 0, 0xdc, 0xdd};
constexpr SizeTags kString = {0xa0, 32, 0xd9, 0xda, 0xdb};
constexpr SizeTags kBinary = {0, 0, 0xc4, 0xc5, 0xc6};

template <typename T>
constexpr bool fits(std::uint64_t value) noexcept {
  return value <= std::numeric_limits<T>::max();
}

void append_size(std::string& out, const SizeTags& tags, std::size_t size) {
  if (size < tags.fixed_end) {
    append_byte(out, tags.fixed + static_cast<unsigned>(size));
  } else if (tags.byte != 0 && fits<std::uint8_t>(size)) {
    append_tagged(out, tags.byte, static_cast<std::uint8_t>(size));
  } else if (fits<std::uint16_t>(size)) {
    append_tagged(out, tags.two_bytes, static_cast<std::uint16_t>(size));
  } else if (fits<std::uint32_t>(size)) {
    append_tagged(out, tags.four_bytes, static_cast<std::uint32_t>(size));
  } else {
    throw std::length_error("MessagePack cannot hold a value of 4 GiB or more");
  }
}

void append_integer(std::string& out, std::int64_t value) {
  if (value >= 0) return append_unsigned(out, static_cast<std::uint64_t>(value));
  if (value >= -32) {
    append_byte(out, static_cast<unsigned char>(value));
  } else if (std::in_range<std::int8_t>(value)) {
    append_tagged(out, 0xd0, static_cast<std::uint8_t>(value));
  } else if (std::in_range<std::int16_t>(value)) {
    append_tagged(out, 0xd1, static_cast<std::uint16_t>(value));
  } else if (std::in_range<std::int32_t>(value)) {
    append_tagged(out, 0xd2, static_cast<std::uint32_t>(value));
  } else {
    append_tagged(out, 0xd3, static_cast<std::uint64_t>(value));
  }
}

void append_number(std::string& out, double value) {
  constexpr double kExact = 9007199254740992.0;  // 2^53
  if (std::abs(value) <= kExact && std::trunc(value) == value) {
    append_integer(out, static_cast<std::int64_t>(value));
  } else {
    append_tagged(out, 0xcb, std::bit_cast<std::uint64_t>(value));
  }
}

}  // namespace

void append_array_head(std::string& out, std::size_t size) {
  append_size(out, kArray, size);
}

void append_map_head(std::string& out, std::size_t size) {
  append_size(out, kMap, size);
}

void append_string(std::string& out, std::string_view text) {
  if (!is_valid_utf8(text)) return append_string(out, replace_invalid_utf8(text));
  append_size(out, kString, text.size());
  out += text;
}

void append_unsigned(std::string& out, std::uint64_t value) {
  if (value < 0x80) {
    append_byte(out, static_cast<unsigned>(value));
  } else if (fits<std::uint8_t>(value)) {
    append_tagged(out, 0xcc, static_cast<std::uint8_t>(value));
  } else if (fits<std::uint16_t>(value)) {
    append_tagged(out, 0xcd, static_cast<std::uint16_t>(value));
  } else if (fits<std::uint32_t>(value)) {
    append_tagged(out, 0xce, static_cast<std::uint32_t>(value));
  } else {
    append_tagged(out, 0xcf, value);
  }
}

}  // namespace msgpack

void append_msgpack(std::string& out, const Value& value) {
  switch (value.type()) {
    case Value::Type::null:
      out += '\xc0';
      break;
    case Value::Type::boolean:
      out += value.as_bool() ? '\xc3' : '\xc2';
      break;
    case Value::Type::integer:
      msgpack::append_integer(out, value.as_integer());
      break;
    case Value::Type::number:
      msgpack::append_number(out, value.as_double());
      break;
    case Value::Type::string:
      msgpack::append_string(out, value.as_string());
      break;
    case Value::Type::binary:
      msgpack::append_size(out, msgpack::kBinary, value.as_binary().size());
      out += value.as_binary().view();
      break;
    case Value::Type::array:
      msgpack::append_array_head(out, value.as_array().size());
      for (const Value& item : value.as_array()) append_msgpack(out, item);
      break;
    case Value::Type::object:
      msgpack::append_map_head(out, value.as_object().size());
      for (const auto& [key, member] : value.as_object()) {
        msgpack::append_string(out, key);
        append_msgpack(out, member);
      }
      break;
  }
}

}  // namespace patchbay
