// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace patchbay::bench {

/// One JSON object, written from front to back. Keys and texts need no escaping: they are our own.
class Json {
 public:
  void add(std::string_view key, std::string_view text);
  void add(std::string_view key, const char* text) { add(key, std::string_view(text)); }
  void add(std::string_view key, std::uint64_t number);
  void add(std::string_view key, std::int64_t number);
  /// With six significant digits.
  void add(std::string_view key, double number);
  void add_null(std::string_view key);

  /// What is added until close() goes into an object of its own.
  void open(std::string_view key);
  void close();

  /// The whole object; nothing may be open.
  std::string take() &&;

 private:
  void add_raw(std::string_view key, std::string_view value);

  std::string text_ = "{";
};

}  // namespace patchbay::bench
