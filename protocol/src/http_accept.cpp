// SPDX-License-Identifier: MIT
#include "patchbay/protocol/http/accept.hpp"

#include <algorithm>
#include <cstddef>
#include <tuple>

#include "http_grammar.hpp"
#include "patchbay/protocol/http/headers.hpp"

namespace patchbay::http {

namespace {

constexpr int kFullWeight = 1000;  // "q=1"; weights have three digits behind the point

// Cuts the text up to `separator`, or all of it, off the front.
std::string_view cut(std::string_view& text, char separator) noexcept {
  const std::size_t size = std::min(text.find(separator), text.size());
  const std::string_view front = text.substr(0, size);
  text.remove_prefix(std::min(size + 1, text.size()));
  return trim(front);
}

// "0.5" as 500; 0 for what is not a qvalue of RFC 9110 section 12.4.2.
int parse_weight(std::string_view text) noexcept {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return 0;
  if (text.size() > 1 && text[1] != '.') return 0;
  int weight = text[0] == '1' ? kFullWeight : 0;
  int unit = kFullWeight / 10;
  for (const char digit : text.substr(std::min<std::size_t>(2, text.size()))) {
    if (!is(digit, kDigitChar)) return 0;
    weight += unit * (digit - '0');
    unit /= 10;
  }
  return std::min(weight, kFullWeight);
}

// What stands behind the name of a coding, without the first ';'.
int weight_of(std::string_view parameters) noexcept {
  while (!parameters.empty()) {
    std::string_view value = cut(parameters, ';');
    if (iequals(cut(value, '='), "q")) return parse_weight(trim(value));
  }
  return kFullWeight;
}

struct Preference {
  int weight = 0;
  bool named = false;           // not only meant by "*"
  std::ptrdiff_t position = 0;  // 0 for the first of the list, then -1 ...

  friend bool operator<(const Preference& a, const Preference& b) noexcept {
    return std::tie(a.weight, a.named, a.position) < std::tie(b.weight, b.named, b.position);
  }
};

Preference preference_for(std::string_view coding, std::string_view list) noexcept {
  Preference any;
  for (std::ptrdiff_t position = 0; !list.empty(); --position) {
    std::string_view parameters = cut(list, ',');
    const std::string_view name = cut(parameters, ';');
    if (iequals(name, coding)) return {weight_of(parameters), true, position};
    if (name == "*") any = {weight_of(parameters), false, position};
  }
  return any;
}

}  // namespace

std::optional<std::string_view> choose_encoding(std::string_view accept_encoding,
                                                std::span<const std::string_view> offered) {
  std::optional<std::string_view> best;
  Preference best_preference;
  for (const std::string_view coding : offered) {
    const Preference preference = preference_for(coding, accept_encoding);
    if (preference.weight == 0) continue;
    if (best && !(best_preference < preference)) continue;
    best = coding;
    best_preference = preference;
  }
  return best;
}

}  // namespace patchbay::http
