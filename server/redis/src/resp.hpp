// SPDX-License-Identifier: MIT
//
// Commands to Redis and what it answers, by hiredis, which stays behind this header.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct redisReader;
struct redisReply;

namespace patchbay::redis {

// A part of a reply; lives as long as the reply. Empty: there is none, for example because the
// connection broke before it came.
class ReplyView {
 public:
  ReplyView() = default;
  explicit ReplyView(const redisReply* reply) noexcept : reply_(reply) {}

  explicit operator bool() const noexcept { return reply_ != nullptr; }
  [[nodiscard]] bool is_error() const noexcept;
  // An error that passes: Redis is still reading its data, or is a replica that has lost its
  // master, or no longer the master itself. What was asked for has not been done.
  [[nodiscard]] bool is_passing_error() const noexcept;
  [[nodiscard]] bool is_nil() const noexcept;
  [[nodiscard]] bool is_array() const noexcept;
  // Of strings, statuses and errors; else empty.
  [[nodiscard]] std::string_view text() const noexcept;
  // Of integers; else 0.
  [[nodiscard]] std::int64_t integer() const noexcept;
  // Of arrays; else 0.
  [[nodiscard]] std::size_t size() const noexcept;
  // Empty beyond the end.
  [[nodiscard]] ReplyView operator[](std::size_t index) const noexcept;

 private:
  const redisReply* reply_ = nullptr;
};

// Takes replies out of what has been received.
class ReplyReader {
 public:
  ReplyReader();
  ~ReplyReader();
  ReplyReader(const ReplyReader&) = delete;
  ReplyReader& operator=(const ReplyReader&) = delete;

  // False when memory is short or what came is no reply.
  [[nodiscard]] bool feed(std::string_view bytes);
  // The next complete reply; empty when there is none. It lives until the next call.
  [[nodiscard]] ReplyView next();
  // What came is not what Redis sends.
  [[nodiscard]] bool failed() const noexcept { return failed_; }

 private:
  struct ReaderDeleter {
    void operator()(redisReader* reader) const noexcept;
  };
  struct ReplyDeleter {
    void operator()(redisReply* reply) const noexcept;
  };
  std::unique_ptr<redisReader, ReaderDeleter> reader_;
  std::unique_ptr<redisReply, ReplyDeleter> current_;
  bool failed_ = false;
};

// The bytes of a command.
[[nodiscard]] std::string command(std::span<const std::string_view> parts);
template <typename... Parts>
[[nodiscard]] std::string command(const Parts&... parts) {
  const std::string_view list[] = {std::string_view(parts)...};
  return command(std::span<const std::string_view>(list));
}

}  // namespace patchbay::redis
