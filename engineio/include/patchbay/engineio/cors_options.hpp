// SPDX-License-Identifier: MIT
//
// Cross-origin requests (https://fetch.spec.whatwg.org/#http-cors-protocol), with the options and
// the behaviour of the npm package `cors`.
#pragma once

#include <chrono>
#include <functional>
#include <initializer_list>
#include <optional>
#include <regex>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "patchbay/engineio/request_info.hpp"

namespace patchbay::engineio {

// Which origins ("https://page.example") may do something. Given as
//   "*"                              any, and the answer does not depend on who asks
//   "https://page.example"           this one
//   true                             any, named in the answer: what credentials need
//   false                            nothing is decided: as if the option were absent
//   std::regex                       those in which the expression is found; anchor it by ^ and $
//   a list of strings and std::regex those that one of them allows
//   a function                       those for which it returns true
// Expressions only see origins of up to kMaxMatchedBytes. Beware of expressions that take
// exponential time; origins come from strangers.
class CorsOrigin {
 public:
  using Pattern = std::variant<std::string, std::regex>;
  // Asked on the loop that read the request; should not block. When it throws, the request is
  // refused like one on which a middleware failed.
  using Function = std::function<bool(const RequestInfo& request, std::string_view origin)>;

  // Longer than any origin of a host name (RFC 1035: 253 bytes) with scheme and port.
  // std::regex recurses with the length of the text, so that has to have an end.
  static constexpr std::size_t kMaxMatchedBytes = 512;

  // NOLINTBEGIN(*-explicit-*): reads as literals
  CorsOrigin() : rule_(std::string("*")) {}
  CorsOrigin(std::string fixed) : rule_(std::move(fixed)) {}
  CorsOrigin(std::string_view fixed) : rule_(std::string(fixed)) {}
  CorsOrigin(const char* fixed) : rule_(std::string(fixed)) {}
  CorsOrigin(std::same_as<bool> auto reflect) : rule_(reflect) {}
  CorsOrigin(std::regex pattern) : rule_(std::vector<Pattern>{Pattern(std::move(pattern))}) {}
  CorsOrigin(std::vector<Pattern> patterns) : rule_(std::move(patterns)) {}
  CorsOrigin(std::initializer_list<Pattern> patterns) : rule_(std::vector<Pattern>(patterns)) {}
  template <typename F>
  requires std::is_invocable_r_v<bool, F&, const RequestInfo&, std::string_view> CorsOrigin(
      F function)
      : rule_(Function(std::move(function))) {}
  // NOLINTEND(*-explicit-*)

  [[nodiscard]] bool any() const noexcept;
  [[nodiscard]] bool off() const noexcept;
  // The one origin, when it is given as a string.
  [[nodiscard]] const std::string* fixed() const noexcept;
  // True when a page of this origin is allowed. An empty origin never is, except by "*" and true.
  [[nodiscard]] bool allows(std::string_view origin, const RequestInfo& request) const;
  // False when allows() does not look at the request.
  [[nodiscard]] bool needs_request() const noexcept;

 private:
  std::variant<std::string, bool, std::vector<Pattern>, Function> rule_;
};

// CORS only tells browsers which pages may read an answer; it does not keep anyone out. Use
// EngineOptions::allowed_origins or allow_request for that.
struct CorsOptions {
  // What every answer says about origins. One that is not allowed is not told so: the answer only
  // lacks Access-Control-Allow-Origin.
  CorsOrigin origin = {};
  std::string methods = "GET,HEAD,PUT,PATCH,POST,DELETE";
  // Empty: the request's Access-Control-Request-Headers are allowed as they are.
  std::string allowed_headers = {};
  std::string exposed_headers = {};
  bool credentials = false;
  std::optional<std::chrono::seconds> max_age = {};
  // Status of the answer to a preflight. Some old clients choke on 204.
  int options_success_status = 204;
  // True: a preflight gets its headers, and goes on as any other request. Middlewares can answer
  // it; the engine itself refuses it (code 2).
  bool preflight_continue = false;
};

// Other options for each request; std::nullopt: no CORS for this one. As CorsOrigin::Function.
using CorsDelegate = std::function<std::optional<CorsOptions>(const RequestInfo& request)>;

}  // namespace patchbay::engineio
