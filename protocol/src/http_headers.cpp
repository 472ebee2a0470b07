// SPDX-License-Identifier: MIT
#include "patchbay/protocol/http/headers.hpp"

#include <algorithm>
#include <cassert>
#include <limits>
#include <utility>

#include "http_grammar.hpp"

namespace patchbay::http {

bool iequals(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return to_lower(x) == to_lower(y); });
}

bool list_contains(std::string_view list, std::string_view token) noexcept {
  if (token.empty()) return false;
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (iequals(trim(list.substr(0, comma)), token)) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

void Headers::reserve(std::size_t fields, std::size_t text_bytes) {
  fields_.reserve(fields);
  text_.reserve(text_bytes);
}

void Headers::add(std::string_view name, std::string_view value) {
  assert(text_.size() + name.size() + value.size() <= std::numeric_limits<std::uint32_t>::max());
  const auto name_begin = static_cast<std::uint32_t>(text_.size());
  for (const char c : name) text_.push_back(to_lower(c));
  const auto value_begin = static_cast<std::uint32_t>(text_.size());
  text_.append(value);
  fields_.push_back({name_begin, value_begin, static_cast<std::uint32_t>(text_.size())});
}

void Headers::set(std::string_view name, std::string_view value) {
  remove(name);
  add(name, value);
}

void Headers::remove(std::string_view name) {
  if (!contains(name)) return;
  Headers kept;
  for (std::size_t i = 0; i < size(); ++i) {
    const Field field = at(i);
    if (!iequals(field.name, name)) kept.add(field.name, field.value);
  }
  *this = std::move(kept);
}

Headers::Field Headers::at(std::size_t index) const noexcept {
  assert(index < size());
  const Extent& extent = fields_[index];
  const std::string_view text = text_;
  return {text.substr(extent.name_begin, extent.value_begin - extent.name_begin),
          text.substr(extent.value_begin, extent.value_end - extent.value_begin)};
}

std::optional<std::string_view> Headers::find(std::string_view name) const noexcept {
  for (std::size_t i = 0; i < size(); ++i) {
    const Field field = at(i);
    if (iequals(field.name, name)) return field.value;
  }
  return std::nullopt;
}

bool Headers::contains(std::string_view name) const noexcept {
  return find(name).has_value();
}

std::size_t Headers::count(std::string_view name) const noexcept {
  std::size_t count = 0;
  for (std::size_t i = 0; i < size(); ++i) {
    if (iequals(at(i).name, name)) ++count;
  }
  return count;
}

std::string Headers::joined(std::string_view name) const {
  const std::string_view separator = iequals(name, "cookie") ? "; " : ", ";
  std::string result;
  bool first = true;
  for (std::size_t i = 0; i < size(); ++i) {
    const Field field = at(i);
    if (!iequals(field.name, name)) continue;
    if (!first) result.append(separator);
    result.append(field.value);
    first = false;
  }
  return result;
}

void Headers::shrink_to_fit() {
  text_.shrink_to_fit();
  fields_.shrink_to_fit();
}

}  // namespace patchbay::http
