// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "hub.hpp"
#include "outbox.hpp"
#include "stream_reader.hpp"
#include "wire.hpp"

namespace patchbay::redis {

// The connections of a server whose namespaces talk by streams.
class StreamHub final : public Hub, public Outbox::Post {
 public:
  StreamHub(engineio::Loop& loop, const Options& options, const StreamsOptions& streams,
            const Endpoint& endpoint);

  void stop() override;
  using Hub::send;
  [[nodiscard]] const StreamsOptions& streams() const noexcept { return streams_; }
  [[nodiscard]] StreamReader& reader() noexcept { return *reader_; }
  [[nodiscard]] Outbox& outbox() noexcept { return *outbox_; }

  // Who hears the entries of a namespace; `uid`: what it calls itself in its own.
  void listen(const std::string& nsp, const std::string& uid,
              std::weak_ptr<Wire::Listener> listener);
  // Unless the namespace has become another one's.
  void forget(const std::string& nsp, const std::string& uid);

  // Outbox::Post
  void send(const std::string& command, Link::Callback callback) override {
    commands().send(command, std::move(callback));
  }
  void reconnect(const std::string& reason) override { commands().reconnect(reason); }

  // Any thread; in the order of the calls.
  void add(std::shared_ptr<Outbox::Letter> letter);

 private:
  struct Member {
    std::string uid;
    std::weak_ptr<Wire::Listener> listener;
  };

  void on_entry(const std::string& stream, std::string_view id, const cluster::StreamEntry& entry);
  void start_links() override;
  [[nodiscard]] bool all_up() const override;
  void on_all_up() override;
  void on_away() override;
  void catch_up();

  StreamsOptions streams_;
  std::map<std::string, Member, std::less<>> members_;  // by namespace
  std::shared_ptr<StreamReader> reader_;
  std::shared_ptr<Outbox> outbox_;
  std::uint64_t catching_up_ = 0;  // which attempt
};

}  // namespace patchbay::redis
