// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "link.hpp"
#include "patchbay/protocol/cluster/cluster_message.hpp"

namespace patchbay::redis {

// What this server adds to the streams, until it has read it there itself. In a stream all servers
// see the same order, so that is when clients here get it, too; while Redis is away they get it at
// once, and the others when it is back.
//
// A broken connection leaves open what of the last entries Redis has taken. Reading the streams to
// their end tells: what is not there is added again, so each entry is there once.
class Outbox : public std::enable_shared_from_this<Outbox> {
 public:
  struct Letter {
    std::string stream;
    cluster::StreamEntry entry;
    std::size_t max_len = 0;
    // Gives it to the clients of this server: with the id of its entry, or without when that is not
    // known yet. Called again, with the id, when it is: `again`. May be empty.
    std::function<void(std::string_view id, bool again)> deliver;

    bool delivered = false;
    std::string id = {};  // Redis has taken it
    std::uint64_t number = 0;
  };

  // How it reaches Redis: a connection that answers in order.
  class Post {
   public:
    virtual void send(const std::string& command, Link::Callback callback) = 0;
    // As if the connection had broken: on_away() follows.
    virtual void reconnect(const std::string& reason) = 0;

   protected:
    ~Post() = default;
  };

  // The post must outlive it.
  explicit Outbox(Post& post) : post_(&post) {}

  void add(std::shared_ptr<Letter> letter);
  // An entry that this process has written was read.
  void on_own_entry(const std::string& stream, std::string_view id,
                    const cluster::StreamEntry& entry);
  // An entry with this id was read, whosever it is: what should have come before it will not come
  // any more.
  void on_entry(const std::string& stream, std::string_view id);

  // Nobody has been given anything whose place in the stream is not known yet. Until then nobody
  // can say what a client that comes back, or goes now, has missed.
  [[nodiscard]] bool settled() const;
  // Once all is settled that is not now: true; false when Redis goes away before.
  void when_settled(std::function<void(bool)> done);

  // The streams have been read to their end, or cannot be.
  void on_caught_up();
  void on_away();

 private:
  using Letters = std::deque<std::shared_ptr<Letter>>;

  void write(const std::shared_ptr<Letter>& letter);
  void on_taken(const std::shared_ptr<Letter>& letter, ReplyView reply);
  static void deliver(Letter& letter, std::string_view id);
  [[nodiscard]] static std::size_t size_of(const Letter& letter) noexcept;
  // Of the last letter that clients here have had and that has no place yet; 0: there is none.
  [[nodiscard]] std::uint64_t last_unsettled() const;
  void tell_settled();

  Post* post_;
  bool live_ = false;
  Letters sent_;     // not read yet
  Letters waiting_;  // for Redis
  std::size_t waiting_bytes_ = 0;
  std::uint64_t last_number_ = 0;
  struct Asking {
    std::uint64_t number;  // of the last letter that has to be settled
    std::function<void(bool)> done;
  };
  std::vector<Asking> asking_;
};

}  // namespace patchbay::redis
