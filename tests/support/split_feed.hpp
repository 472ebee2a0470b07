// SPDX-License-Identifier: MIT
//
// Feeds a RequestParser in pieces and tells what came of it, so that tests can demand the same
// result for every way the bytes may arrive.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "patchbay/protocol/http/request_parser.hpp"

namespace patchbay::test {

struct ParseResult {
  Errc error = Errc::none;
  bool complete = false;
  http::Request request;
  std::string rest;  // not used by the parser

  [[nodiscard]] std::string summary() const {
    std::string text = std::string(label(error)) + (complete ? " complete " : " ") +
                       request.method + " " + request.target +
                       (request.keep_alive ? " keep" : " close") +
                       (request.wants_upgrade ? " upgrade" : "");
    for (std::size_t i = 0; i < request.headers.size(); ++i) {
      const auto field = request.headers.at(i);
      text += "\n" + std::string(field.name) + "=" + std::string(field.value);
    }
    return text + "\n\n" + request.body + "\nrest: " + rest;
  }
};

// Hands the bytes over in pieces of `first` bytes, then `step` bytes each.
inline ParseResult feed_in_pieces(const Limits& limits, std::string_view bytes, std::size_t first,
                                  std::size_t step) {
  using State = http::RequestParser::State;
  http::RequestParser parser(limits);
  const auto open = [&] { return parser.state() == State::head || parser.state() == State::body; };
  std::size_t arrived = 0;
  std::string waiting;
  while (arrived < bytes.size() && open()) {
    const std::size_t piece = arrived == 0 ? first : step;
    waiting += bytes.substr(arrived, piece);
    arrived += std::min(piece, bytes.size() - arrived);
    while (!waiting.empty() && open()) waiting.erase(0, parser.feed(waiting));
  }
  ParseResult result;
  result.error = parser.error();
  result.complete = parser.state() == State::complete;
  if (result.complete) {
    result.request = parser.take_request();
    result.rest = waiting + std::string(bytes.substr(arrived));
  }
  return result;
}

inline ParseResult feed_whole(const Limits& limits, std::string_view bytes) {
  return feed_in_pieces(limits, bytes, bytes.size(), 1);
}

}  // namespace patchbay::test
