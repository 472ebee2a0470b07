// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace patchbay::engineio {

class RequestHandler;

// Which shard a session lives on, and who handles requests there. Any thread, once all shards have
// been added.
class ShardDirectory {
 public:
  // An id of the application's, for as long as its session lives.
  class Claim {
   public:
    Claim(ShardDirectory& directory, std::string id) : directory_(&directory), id_(std::move(id)) {}
    ~Claim() { directory_->release(id_); }
    Claim(const Claim&) = delete;
    Claim& operator=(const Claim&) = delete;

   private:
    ShardDirectory* directory_;
    std::string id_;
  };

  // `own_ids`: the application makes the ids of sessions. Ids of IdGenerator tell by themselves.
  explicit ShardDirectory(bool own_ids) : own_ids_(own_ids) {}
  ShardDirectory(const ShardDirectory&) = delete;
  ShardDirectory& operator=(const ShardDirectory&) = delete;

  // Of the next shard.
  void add(RequestHandler& requests) { handlers_.push_back(&requests); }

  // Whose session it is, if it is anybody's. An id that no session has may get an answer, too.
  [[nodiscard]] RequestHandler* owner_of(std::string_view session_id) const;
  [[nodiscard]] bool one_shard() const noexcept { return handlers_.size() == 1; }

  // Null when the id is in use.
  [[nodiscard]] std::unique_ptr<Claim> claim(const std::string& session_id, std::size_t shard);

 private:
  void release(const std::string& session_id);

  const bool own_ids_;
  std::vector<RequestHandler*> handlers_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::size_t> shards_;  // by session id
};

}  // namespace patchbay::engineio
