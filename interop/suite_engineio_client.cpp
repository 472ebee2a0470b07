// SPDX-License-Identifier: MIT
//
// Mode --engineio-client-suite: what the tests of engine.io-client expect of their server.
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "conformance_server.hpp"
#include "patchbay/engineio/engine.hpp"
#include "patchbay/value.hpp"

namespace patchbay::conformance {

namespace {

using engineio::Session;
using namespace std::string_view_literals;

class Handler final : public engineio::SessionHandler {
 public:
  explicit Handler(std::shared_ptr<Session> session) : session_(std::move(session)) {
    send_text("hi");
  }

  void on_message(bool binary, std::string_view data) override {
    if (binary) {
      session_->send(eio::EncodedPacket::binary(data));
    } else if (data == "give binary") {
      session_->send(eio::EncodedPacket::binary("\0\1\2\3\4"sv));
    } else if (data == "give utf8") {
      send_text("пойду спать всем спокойной ночи");
    } else {
      send_text(data);
    }
  }
  void on_close(eio::CloseReason /*reason*/, Errc /*detail*/) override {}

 private:
  void send_text(std::string_view text) {
    session_->send(eio::EncodedPacket::text(eio::PacketType::message, text));
  }

  std::shared_ptr<Session> session_;
};

void run(const Settings& settings) {
  engineio::EngineOptions options = settings.options;
  engineio::Engine engine(std::move(options));
  engine.on_session([](std::shared_ptr<Session> session) {
    return std::make_shared<Handler>(std::move(session));
  });
  serve(engine, settings.port);
}

}  // namespace

Settings engineio_client_suite() {
  Settings settings;
  settings.run = run;
  settings.port = 3000;
  settings.options.path = "/engine.io";
  settings.options.ping_interval = Millis(500);
  settings.options.max_http_buffer_size = 100;
  settings.options.allow_request = [](const RequestInfo& request, const AllowReply& reply) {
    if (request.query.find("deny")) return reply.refuse();
    reply.allow();
  };
  return settings;
}

}  // namespace patchbay::conformance
