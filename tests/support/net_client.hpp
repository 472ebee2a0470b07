// SPDX-License-Identifier: MIT
//
// A Socket.IO client over a real WebSocket on the loopback interface, as small as it can be, with
// no ping of its own.
#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "raw_connection.hpp"

namespace patchbay::test {

class NetClient {
 public:
  // Opens the session; the server's "open" packet has been read then.
  explicit NetClient(std::uint16_t port) : connection_(port) {
    connection_.write_upgrade("/socket.io/?EIO=4&transport=websocket");
    REQUIRE(connection_.read_response().status == 101);
    const auto open = next_message();
    REQUIRE(open);
    REQUIRE(open->starts_with("0{"));
  }

  // Joins the main namespace and reads the reply.
  void join() {
    send("0");
    const auto reply = receive();
    REQUIRE(reply);
    REQUIRE(reply->starts_with(R"(0{"sid":)"));
  }

  // Sends a Socket.IO packet.
  void send(std::string_view packet) { connection_.write_frame(1, "4" + std::string(packet)); }

  // The next Socket.IO packet; nothing when the server closes instead, with or without a frame
  // that says so.
  std::optional<std::string> receive() {
    while (auto message = next_message()) {
      if (message->starts_with('4')) return message->substr(1);
    }
    return std::nullopt;
  }
  // True when the last frame before the end was a close frame.
  [[nodiscard]] bool saw_close_frame() const noexcept { return close_frame_; }

 private:
  std::optional<std::string> next_message() {
    if (close_frame_) return std::nullopt;
    auto frame = connection_.read_frame();
    if (!frame) return std::nullopt;
    close_frame_ = frame->opcode == 8;
    return close_frame_ ? std::nullopt : std::optional(std::move(frame->payload));
  }

  RawConnection connection_;
  bool close_frame_ = false;
};

}  // namespace patchbay::test
