// SPDX-License-Identifier: MIT
//
// Mode --engineio-client-suite: what the tests of engine.io-client expect of their server.
#include <ctime>
#include <map>
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

// By session: the headers of its latest POST, which is the one whose messages are coming in.
using PostHeaders = std::map<std::string, Object, std::less<>>;

Object to_object(const http::Headers& headers) {
  Object object;
  for (std::size_t i = 0; i < headers.size(); ++i) {
    const std::string name(headers.at(i).name);
    object.set(name, headers.joined(name));
  }
  return object;
}

class Handler final : public engineio::SessionHandler {
 public:
  Handler(std::shared_ptr<Session> session, PostHeaders& posts)
      : session_(std::move(session)), posts_(&posts) {
    posts_->emplace(session_->id(), Object());
    send_text("hi");
  }

  void on_message(bool binary, std::string_view data) override {
    if (binary) {
      session_->send(eio::EncodedPacket::binary(data));
    } else if (data == "give binary") {
      session_->send(eio::EncodedPacket::binary("\0\1\2\3\4"sv));
    } else if (data == "give utf8") {
      send_text("пойду спать всем спокойной ночи");
    } else if (data == "sendHeaders") {
      send_text(to_json(posts_->at(session_->id())));
    } else {
      send_text(data);
    }
  }
  void on_close(eio::CloseReason /*reason*/, Errc /*detail*/) override {
    posts_->erase(session_->id());
  }

 private:
  void send_text(std::string_view text) {
    session_->send(eio::EncodedPacket::text(eio::PacketType::message, text));
  }

  std::shared_ptr<Session> session_;
  PostHeaders* posts_;
};

// Two that the client has to send back, and two that are over as soon as they are set.
void set_cookies(http::Headers& headers) {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char date[40];
  const std::size_t length = std::strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &utc);
  headers.add("set-cookie", "1=1; Max-Age=86400");
  headers.add("set-cookie", "2=2; Path=/; HttpOnly; Secure; SameSite=Strict");
  headers.add("set-cookie", "3=3; Max-Age=0");
  headers.add("set-cookie", "4=4; Expires=" + std::string(date, length));
}

void note_post(const RequestInfo& request, PostHeaders& posts) {
  const std::string* id = request.query.find("sid");
  if (request.method != "POST" || !id) return;
  const auto found = posts.find(*id);
  if (found != posts.end()) found->second = to_object(request.headers);
}

void run(const Settings& settings) {
  PostHeaders posts;
  engineio::Engine engine(settings.options);
  engine.use([&posts](const RequestInfo& request, const engineio::EngineNext& next) {
    note_post(request, posts);
    next();
  });
  engine.on_initial_headers(
      [](http::Headers& headers, const RequestInfo& /*request*/) { set_cookies(headers); });
  engine.on_session([&posts](std::shared_ptr<Session> session) {
    return std::make_shared<Handler>(std::move(session), posts);
  });
  serve(engine, settings);
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
