// SPDX-License-Identifier: MIT
#include "json.hpp"

#include <cmath>
#include <cstdio>
#include <utility>

namespace patchbay::bench {

void Json::add_raw(std::string_view key, std::string_view value) {
  if (text_.back() != '{') text_ += ',';
  text_.append("\"").append(key).append("\":").append(value);
}

void Json::add(std::string_view key, std::string_view text) {
  add_raw(key, "\"" + std::string(text) + "\"");
}

void Json::add(std::string_view key, std::uint64_t number) {
  add_raw(key, std::to_string(number));
}

void Json::add(std::string_view key, std::int64_t number) {
  add_raw(key, std::to_string(number));
}

void Json::add(std::string_view key, double number) {
  if (!std::isfinite(number)) return add_null(key);
  char text[32];
  std::snprintf(text, sizeof text, std::fabs(number) < 1e6 ? "%.6g" : "%.0f", number);
  add_raw(key, text);
}

void Json::add_null(std::string_view key) {
  add_raw(key, "null");
}

void Json::open(std::string_view key) {
  add_raw(key, "{");
}

void Json::close() {
  text_ += '}';
}

std::string Json::take() && {
  return std::move(text_) + "}";
}

}  // namespace patchbay::bench
