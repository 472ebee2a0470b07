// SPDX-License-Identifier: MIT
#include "cookie.hpp"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <initializer_list>

namespace patchbay::engineio {

namespace {

constexpr std::string_view kAlphanumeric =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

bool is_token(std::string_view text) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return kAlphanumeric.find(c) != std::string_view::npos ||
           kOthers.find(c) != std::string_view::npos;
  });
}

// What an attribute may be: nothing that ends it, or the header.
bool is_attribute(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c < 0x7f && c != ';'; });
}

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, text) != words.end();
}

// The characters that JavaScript's encodeURIComponent leaves alone.
std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kOthers = "-_.!~*'()";
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    if (kAlphanumeric.find(c) != std::string_view::npos ||
        kOthers.find(c) != std::string_view::npos) {
      encoded += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded += '%';
    encoded += kDigits[byte >> 4];
    encoded += kDigits[byte & 15];
  }
  return encoded;
}

std::string http_date(std::chrono::system_clock::time_point time) {
  const std::time_t second = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  gmtime_r(&second, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts)};
}

}  // namespace

std::string cookie_header(const CookieOptions& cookie, std::string_view value) {
  std::string header = cookie.name + "=" + percent_encoded(value);
  if (cookie.max_age) header += "; Max-Age=" + std::to_string(cookie.max_age->count());
  if (cookie.domain) header += "; Domain=" + *cookie.domain;
  if (cookie.path) header += "; Path=" + *cookie.path;
  if (cookie.expires) header += "; Expires=" + http_date(*cookie.expires);
  if (cookie.http_only) header += "; HttpOnly";
  if (cookie.secure) header += "; Secure";
  if (cookie.partitioned) header += "; Partitioned";
  if (!cookie.priority.empty()) header += "; Priority=" + cookie.priority;
  if (!cookie.same_site.empty()) header += "; SameSite=" + cookie.same_site;
  return header;
}

std::string find_cookie_fault(const CookieOptions& cookie) {
  if (!is_token(cookie.name)) return "cookie.name must be a token";
  if (cookie.path && !is_attribute(*cookie.path)) return "cookie.path must not contain ';'";
  if (cookie.domain && !is_attribute(*cookie.domain)) return "cookie.domain must not contain ';'";
  if (!is_one_of(cookie.priority, {"", "Low", "Medium", "High"})) {
    return "cookie.priority must be Low, Medium or High";
  }
  if (!is_one_of(cookie.same_site, {"", "Strict", "Lax", "None"})) {
    return "cookie.same_site must be Strict, Lax or None";
  }
  return {};
}

}  // namespace patchbay::engineio
