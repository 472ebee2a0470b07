// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "stream.hpp"

namespace patchbay::bench {

/// One connection with keep-alive, one request under way at a time. Answers must carry
/// Content-Length.
class HttpClient final : public Stream {
 public:
  class Listener {
   public:
    Listener() = default;
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;
    virtual ~Listener() = default;

    /// Of an answer with status 200. `client` must not be destroyed in here, but may be closed.
    virtual void on_body(HttpClient& client, std::string_view body) = 0;
    virtual void on_http_lost(HttpClient& client, const char* reason) = 0;
  };

  HttpClient(Loop& loop, const Endpoints& endpoints, Listener& listener)
      : Stream(loop, endpoints), listener_(listener) {}

  bool busy() const { return busy_; }
  void get(std::string_view target);
  void post(std::string_view target, std::string_view body);

 private:
  void on_connected() override {}
  std::size_t on_data(char* data, std::size_t size) override;
  void on_lost(const char* reason) override { listener_.on_http_lost(*this, reason); }

  Listener& listener_;
  bool busy_ = false;
};

}  // namespace patchbay::bench
