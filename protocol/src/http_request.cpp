// SPDX-License-Identifier: MIT
#include "patchbay/protocol/http/request.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>

#include "http_form.hpp"
#include "http_grammar.hpp"
#include "patchbay/protocol/utf8.hpp"

namespace patchbay::http {

namespace {

using Entry = std::pair<std::string, std::string>;

// What is behind "http://authority" in a target of absolute form; other forms as they are.
std::string_view without_authority(std::string_view target) noexcept {
  if (target.starts_with('/')) return target;
  const std::size_t scheme_end = target.find("://");
  if (scheme_end == std::string_view::npos) return target;
  const std::size_t begin = target.find_first_of("/?", scheme_end + 3);
  return begin == std::string_view::npos ? std::string_view() : target.substr(begin);
}

std::vector<Entry> split_pairs(std::string_view query) {
  std::vector<Entry> entries;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const std::string_view value = pair.substr(std::min(equals + 1, pair.size()));
    entries.emplace_back(decode_form_component(pair.substr(0, equals)),
                         decode_form_component(value));
  }
  return entries;
}

// Leaves each key once: where it stood first, with the value it had last. Sorts instead of
// comparing every pair, because a query may hold thousands of keys.
void merge_repeated_keys(std::vector<Entry>& entries) {
  std::vector<std::size_t> order(entries.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const int compared = entries[a].first.compare(entries[b].first);
    return compared != 0 ? compared < 0 : a < b;
  });
  std::vector<bool> repeated(entries.size());
  for (std::size_t i = 0, first = 0; i < order.size(); ++i) {
    if (entries[order[i]].first != entries[order[first]].first) first = i;
    if (i == first) continue;
    entries[order[first]].second = std::move(entries[order[i]].second);
    repeated[order[i]] = true;
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (repeated[i]) continue;
    if (kept != i) entries[kept] = std::move(entries[i]);
    ++kept;
  }
  entries.resize(kept);
}

}  // namespace

std::string decode_form_component(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const int high = hex_value(text[i + 1]);
      const int low = hex_value(text[i + 2]);
      if (high >= 0 && low >= 0) {
        bytes.push_back(static_cast<char>(high * 16 + low));
        i += 2;
        continue;
      }
    }
    bytes.push_back(text[i] == '+' ? ' ' : text[i]);
  }
  if (is_valid_utf8(bytes)) return bytes;
  return replace_invalid_utf8(bytes);
}

std::string_view Request::path() const noexcept {
  const std::string_view relative = without_authority(target);
  if (relative.empty() || relative.front() == '?') return "/";
  return relative.substr(0, relative.find('?'));
}

std::string_view Request::query() const noexcept {
  const std::string_view relative = without_authority(target);
  const std::size_t mark = relative.find('?');
  return mark == std::string_view::npos ? std::string_view() : relative.substr(mark + 1);
}

Query::Query(std::string_view query) : entries_(split_pairs(query)) {
  merge_repeated_keys(entries_);
}

const std::string* Query::find(std::string_view key) const noexcept {
  for (const Entry& entry : entries_) {
    if (entry.first == key) return &entry.second;
  }
  return nullptr;
}

}  // namespace patchbay::http
