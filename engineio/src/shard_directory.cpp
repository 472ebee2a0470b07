// SPDX-License-Identifier: MIT
#include "shard_directory.hpp"

#include "patchbay/engineio/id.hpp"

namespace patchbay::engineio {

RequestHandler* ShardDirectory::owner_of(std::string_view session_id) const {
  if (!own_ids_) {
    const auto shard = IdGenerator::domain_of(session_id);
    return shard && *shard < handlers_.size() ? handlers_[*shard] : nullptr;
  }
  const std::lock_guard lock(mutex_);
  const auto found = shards_.find(std::string(session_id));
  return found == shards_.end() ? nullptr : handlers_[found->second];
}

std::unique_ptr<ShardDirectory::Claim> ShardDirectory::claim(const std::string& session_id,
                                                             std::size_t shard) {
  {
    const std::lock_guard lock(mutex_);
    if (!shards_.emplace(session_id, shard).second) return nullptr;
  }
  return std::make_unique<Claim>(*this, session_id);
}

void ShardDirectory::release(const std::string& session_id) {
  const std::lock_guard lock(mutex_);
  shards_.erase(session_id);
}

}  // namespace patchbay::engineio
