// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hub.hpp"
#include "patchbay/adapter.hpp"
#include "patchbay/engineio/loop.hpp"
#include "patchbay/namespace.hpp"
#include "wire.hpp"

namespace patchbay::redis {

// One namespace of this server as a member of the cluster: does what the others ask for, asks them,
// and gathers their answers. Belongs to the hub's loop, but for what says otherwise.
class Member : public std::enable_shared_from_this<Member>, public Wire::Listener {
 public:
  Member(std::shared_ptr<Hub> hub, std::shared_ptr<Wire> wire, Millis requests_timeout);
  ~Member();
  Member(const Member&) = delete;
  Member& operator=(const Member&) = delete;

  // Any thread.
  void open(std::weak_ptr<Namespace> nsp);
  void close();
  [[nodiscard]] Wire& wire() const noexcept { return *wire_; }
  [[nodiscard]] Hub& hub() const noexcept { return *hub_; }
  [[nodiscard]] std::shared_ptr<Namespace> nsp() const { return nsp_.lock(); }

  // Any thread. Callbacks come on the loop.
  void count(detail::Completion<std::size_t> done);
  // The sink has got the local clients already.
  void broadcast_with_ack(const cluster::EventView& event, const BroadcastOptions& options,
                          std::shared_ptr<BroadcastAckSink> sink);
  // `found`: those of this process.
  void fetch_sockets(const BroadcastOptions& options, std::vector<SocketDetails> found,
                     detail::Completion<std::vector<SocketDetails>> done);
  void server_side_emit_with_ack(std::string_view event, std::span<const Value> args,
                                 detail::Completion<std::vector<Value>> done);

  // Nothing is called back any more, and no timer is left. [loop, or nobody runs it]
  void stop();

  // Wire::Listener
  void on_message(cluster::Message message, std::string_view offset) override;
  void on_bad_message(Errc reason) override;

 private:
  struct AckRequest;
  struct FetchRequest;
  struct EventRequest;
  class AnsweringSink;
  class AnsweringAck;

  template <typename F>
  void on_loop(F function);
  [[nodiscard]] std::unique_ptr<engineio::Timer> make_timer(Millis limit,
                                                            std::function<void()> due);
  void finish_fetch(const std::string& id, std::error_code error);
  void finish_event(const std::string& id, std::error_code error);

  struct Carry;  // out what a message says

  std::shared_ptr<Hub> hub_;
  std::shared_ptr<Wire> wire_;
  Millis requests_timeout_;
  std::weak_ptr<Namespace> nsp_;
  bool opened_ = false;
  bool stopped_ = false;
  std::map<std::string, AckRequest, std::less<>> ack_requests_;
  std::map<std::string, FetchRequest, std::less<>> fetch_requests_;
  std::map<std::string, EventRequest, std::less<>> event_requests_;
};

}  // namespace patchbay::redis
