// SPDX-License-Identifier: MIT
//
// Mode --engineio: every message comes back, but for those that begin with '!', which are commands.
#include <charconv>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "conformance_server.hpp"
#include "patchbay/engineio/engine.hpp"
#include "patchbay/value.hpp"

namespace patchbay::conformance {

namespace {

using engineio::Session;

constexpr std::size_t kReasonsKept = 1000;
constexpr std::size_t kEventsKept = 100;

// What it knows is for all loops; what it does to a session it does on that one's.
class Fixture {
 public:
  std::shared_ptr<engineio::SessionHandler> open(std::shared_ptr<Session> session);

  void message(Session& session, bool binary, std::string_view data) {
    if (binary) {
      session.send(eio::EncodedPacket::binary(data));
    } else if (data.starts_with('!')) {
      command(session, data);
    } else {
      send_text(session, data);
    }
  }

  void closed(const Session& session, eio::CloseReason reason) {
    const std::lock_guard lock(mutex_);
    sessions_.erase(session.id());
    events_.erase(session.id());
    reasons_.push_back(Array{session.id(), eio::to_string(reason)});
    if (reasons_.size() > kReasonsKept) reasons_.pop_front();
  }

  void record(const std::string& sid, std::string event) {
    const std::lock_guard lock(mutex_);
    auto& events = events_[sid];
    if (events.size() < kEventsKept) events.emplace_back(std::move(event));
  }

  void refused(const RequestInfo& request, const engineio::ConnectionError& error) {
    const std::lock_guard lock(mutex_);
    errors_.push_back(Object{{"url", request.url},
                             {"code", static_cast<int>(error.code)},
                             {"message", error.message},
                             {"context", error.context}});
    if (errors_.size() > kReasonsKept) errors_.pop_front();
  }

 private:
  static void send_text(Session& session, std::string_view text) {
    session.send(eio::EncodedPacket::text(eio::PacketType::message, text));
  }

  void command(Session& session, std::string_view line) {
    const std::size_t space = line.find(' ');
    const std::string_view name = line.substr(0, space);
    const std::string_view argument =
        space == std::string_view::npos ? std::string_view() : line.substr(space + 1);
    const std::lock_guard lock(mutex_);
    if (name == "!close") {
      const auto found = sessions_.find(argument);
      if (found == sessions_.end()) return;
      const auto other = found->second;
      other->loop().dispatch([other] { other->close(); });
    } else if (name == "!flood") {
      int count = 0;
      std::from_chars(argument.data(), argument.data() + argument.size(), count);
      for (int i = 0; i < count; ++i) send_text(session, "tick " + std::to_string(i));
    } else if (name == "!plain") {
      session.send(eio::EncodedPacket::text(eio::PacketType::message, argument, false));
    } else if (name == "!all") {
      const auto packet = eio::EncodedPacket::text(eio::PacketType::message, argument);
      const auto sessions = sessions_;
      for (const auto& [id, other] : sessions) {
        other->loop().dispatch([other = other, packet] { other->send(packet); });
      }
    } else if (name == "!reasons") {
      send_text(session, "!reasons " + to_json(Array(reasons_.begin(), reasons_.end())));
    } else if (name == "!drained") {
      session.when_drained([this, sid = session.id()] { record(sid, "drained"); });
    } else if (name == "!events") {
      send_text(session, "!events " + to_json(events_[std::string(argument)]));
    } else if (name == "!errors") {
      send_text(session, "!errors " + to_json(Array(errors_.begin(), errors_.end())));
    }
  }

  // Sending and closing come back here, to write down what happened.
  std::recursive_mutex mutex_;
  std::map<std::string, std::shared_ptr<Session>, std::less<>> sessions_;
  std::deque<Value> reasons_;
  std::deque<Value> errors_;
  std::map<std::string, Array, std::less<>> events_;  // of living sessions
};

class EchoHandler final : public engineio::SessionHandler, private engineio::SessionObserver {
 public:
  EchoHandler(Fixture& fixture, std::shared_ptr<Session> session)
      : fixture_(&fixture), session_(std::move(session)) {}

  void on_message(bool binary, std::string_view data) override {
    fixture_->message(*session_, binary, data);
  }
  void on_upgrading() override { record("upgrading"); }
  void on_upgrade() override { record("upgrade"); }
  engineio::SessionObserver* observer() noexcept override { return this; }
  void on_close(eio::CloseReason reason, Errc /*detail*/) override {
    fixture_->closed(*session_, reason);
  }

 private:
  void on_heartbeat() override { record("heartbeat"); }
  void on_drain() override { record("drain"); }
  void on_packet(const eio::PacketView& packet) override {
    record("packet " + std::to_string(static_cast<int>(packet.type)));
  }
  void on_packet_create(const eio::EncodedPacket& packet) override {
    record("create " + std::string(packet.is_binary() ? "b" : packet.payload().substr(0, 1)));
  }
  void record(std::string event) { fixture_->record(session_->id(), std::move(event)); }

  Fixture* fixture_;
  std::shared_ptr<Session> session_;
};

std::shared_ptr<engineio::SessionHandler> Fixture::open(std::shared_ptr<Session> session) {
  const std::lock_guard lock(mutex_);
  sessions_.emplace(session->id(), session);
  return std::make_shared<EchoHandler>(*this, std::move(session));
}

}  // namespace

void run_engineio(const Settings& settings) {
  Fixture fixture;
  engineio::EngineOptions options = settings.options;
  options.path = "/engine.io/";
  engineio::Engine engine(std::move(options));
  engine.on_session(
      [&](std::shared_ptr<Session> session) { return fixture.open(std::move(session)); });
  engine.on_connection_error(
      [&](const RequestInfo& request, const engineio::ConnectionError& error) {
        fixture.refused(request, error);
      });
  for (const auto& set_up : settings.engine_setup) set_up(engine);
  serve(engine, settings);
}

}  // namespace patchbay::conformance
