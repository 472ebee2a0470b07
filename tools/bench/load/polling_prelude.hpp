// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "http_client.hpp"

namespace patchbay::bench {

/// The target of a long-polling request of this session; with an empty id, of the handshake.
std::string polling_target(std::string_view sid);

/// The value of a string in an Engine.IO handshake, such as its `sid`; empty when it is not there.
std::string_view handshake_text(std::string_view handshake, std::string_view name);
/// The value of a number in it; 0 when it is not there.
std::uint64_t handshake_number(std::string_view handshake, std::string_view name);

/// The part of a connection that the stock client spends on long-polling before it upgrades:
/// handshake, CONNECT by POST, its answer, and a poll that waits until the server ends it.
class PollingPrelude final : private HttpClient::Listener {
 public:
  class Listener {
   public:
    Listener() = default;
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;
    virtual ~Listener() = default;

    /// Connected to "/", with a poll under way: the probe may begin.
    virtual void on_prelude_ready() = 0;
    /// The server has let go of the poll: the upgrade may be completed.
    virtual void on_prelude_paused() = 0;
    virtual void on_prelude_failed(const char* reason) = 0;
  };

  PollingPrelude(Loop& loop, const Endpoints& endpoints, std::uint32_t number, Listener& listener);

  const std::string& sid() const { return sid_; }
  /// The Engine.IO handshake, without its packet type.
  const std::string& handshake() const { return handshake_; }
  bool paused() const { return step_ == Step::kPaused; }

 private:
  enum class Step : std::uint8_t { kOpening, kConnecting, kJoining, kWaiting, kPaused, kFailed };

  void on_body(HttpClient& client, std::string_view body) override;
  void on_http_lost(HttpClient& client, const char* reason) override;
  void on_polled(std::string_view packets);
  void fail(const char* reason);

  Listener& listener_;
  std::string sid_;
  std::string handshake_;
  Step step_ = Step::kOpening;
  HttpClient http_;
};

}  // namespace patchbay::bench
