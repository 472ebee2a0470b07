// SPDX-License-Identifier: MIT
#include "polling_prelude.hpp"

#include "message.hpp"

namespace patchbay::bench {
namespace {

constexpr std::string_view kPolling = "/socket.io/?EIO=4&transport=polling";

std::string_view after_name(std::string_view handshake, std::string_view name) {
  const std::size_t at = handshake.find("\"" + std::string(name) + "\":");
  if (at == std::string_view::npos) return {};
  return handshake.substr(at + name.size() + 3);
}

}  // namespace

std::string polling_target(std::string_view sid) {
  if (sid.empty()) return std::string(kPolling);
  return std::string(kPolling) + "&sid=" + std::string(sid);
}

std::string_view handshake_text(std::string_view handshake, std::string_view name) {
  const std::string_view value = after_name(handshake, name);
  if (!value.starts_with('"')) return {};
  const std::size_t end = value.find('"', 1);
  return end == std::string_view::npos ? std::string_view() : value.substr(1, end - 1);
}

std::uint64_t handshake_number(std::string_view handshake, std::string_view name) {
  const std::string_view value = after_name(handshake, name);
  return read_digits(value.substr(0, value.find_first_not_of("0123456789"))).value_or(0);
}

PollingPrelude::PollingPrelude(Loop& loop, const Endpoints& endpoints, std::uint32_t number,
                               Listener& listener)
    : listener_(listener), http_(loop, endpoints, *this) {
  http_.connect(number);
  http_.get(polling_target(""));
}

void PollingPrelude::on_body(HttpClient& client, std::string_view body) {
  switch (step_) {
    case Step::kOpening:
      sid_ = handshake_text(body, "sid");
      if (!body.starts_with("0{") || sid_.empty()) return fail("wrong Engine.IO handshake");
      handshake_ = body.substr(1);
      step_ = Step::kConnecting;
      return client.post(polling_target(sid_), "40");
    case Step::kConnecting:
      if (body != "ok") return fail("wrong answer to a POST");
      step_ = Step::kJoining;
      return client.get(polling_target(sid_));
    case Step::kJoining:
      if (!body.starts_with("40{")) return fail("wrong answer to CONNECT");
      step_ = Step::kWaiting;
      client.get(polling_target(sid_));
      return listener_.on_prelude_ready();
    case Step::kWaiting:
      return on_polled(body);
    case Step::kPaused:
    case Step::kFailed:
      return;
  }
}

void PollingPrelude::on_polled(std::string_view packets) {
  if (packets == "6") {
    step_ = Step::kPaused;
    http_.close();
    return listener_.on_prelude_paused();
  }
  fail("unexpected packet while upgrading");
}

void PollingPrelude::on_http_lost(HttpClient& /*client*/, const char* reason) {
  fail(reason);
}

void PollingPrelude::fail(const char* reason) {
  step_ = Step::kFailed;
  http_.close();
  listener_.on_prelude_failed(reason);
}

}  // namespace patchbay::bench
