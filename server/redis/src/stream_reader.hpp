// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "link.hpp"
#include "patchbay/protocol/cluster/cluster_message.hpp"

namespace patchbay::redis {

// Reads streams, each entry once and in order, from where they ended when it began; goes on after
// the last one when the connection was away. Belongs to the thread that runs the io_context.
class StreamReader final : public std::enable_shared_from_this<StreamReader>,
                           public Link::Listener {
 public:
  // The id lives for the call.
  using OnEntry = std::function<void(const std::string& stream, std::string_view id,
                                     const cluster::StreamEntry& entry)>;

  StreamReader(asio::io_context& io, const Options& options, const StreamsOptions& streams,
               const Endpoint& endpoint, Link::Listener& owner, OnEntry on_entry);

  void start() { link_->start(); }
  void stop();
  // Connected, and it is known from where on it reads.
  [[nodiscard]] bool up() const noexcept { return ready_ && link_->up(); }
  // Where it began, and how far it is: all entries up to that have been told. Precondition: one of
  // the streams.
  [[nodiscard]] const std::string& start_of(std::string_view stream) const {
    return find(stream).start;
  }
  [[nodiscard]] const std::vector<std::string>& names() const noexcept { return names_; }
  // Calls back with true once that entry has been told, with false when the connection breaks
  // before.
  void when_told(std::string_view stream, std::string id, std::function<void(bool)> done);

 private:
  struct Stream {
    std::string name;
    std::string start = {};
    std::string position = {};
  };
  struct Waiting {
    const Stream* stream;
    std::string id;
    std::function<void(bool)> done;
  };

  void on_up() override;
  void on_down(const std::string& reason) override;
  [[nodiscard]] const Stream& find(std::string_view stream) const;
  void find_ends();
  void read();
  void on_reply(ReplyView reply);
  void on_error(ReplyView reply);
  void take(Stream& stream, ReplyView entries);
  void tell_waiting();

  StreamsOptions streams_options_;
  Link::Listener* owner_;
  OnEntry on_entry_;
  std::vector<Stream> streams_;
  std::vector<std::string> names_;
  std::vector<Waiting> waiting_;
  bool ready_ = false;
  std::shared_ptr<Link> link_;
};

// The entry "[id, [key, value, ...]]" of a reply.
[[nodiscard]] cluster::StreamEntry entry_of(ReplyView fields);

}  // namespace patchbay::redis
