// SPDX-License-Identifier: MIT
#include "resp.hpp"

#include <hiredis/hiredis.h>

#include <algorithm>
#include <new>
#include <utility>
#include <vector>

namespace patchbay::redis {

bool ReplyView::is_error() const noexcept {
  return reply_ && reply_->type == REDIS_REPLY_ERROR;
}

bool ReplyView::is_passing_error() const noexcept {
  constexpr std::string_view kPassing[] = {"LOADING ", "MASTERDOWN ", "READONLY ", "BUSY ",
                                           "TRYAGAIN "};
  return is_error() && std::ranges::any_of(kPassing, [this](std::string_view code) {
           return text().starts_with(code);
         });
}

bool ReplyView::is_nil() const noexcept {
  return !reply_ || reply_->type == REDIS_REPLY_NIL;
}

bool ReplyView::is_array() const noexcept {
  return reply_ && reply_->type == REDIS_REPLY_ARRAY;
}

std::string_view ReplyView::text() const noexcept {
  if (!reply_) return {};
  const bool has_text = reply_->type == REDIS_REPLY_STRING || reply_->type == REDIS_REPLY_STATUS ||
                        reply_->type == REDIS_REPLY_ERROR;
  return has_text ? std::string_view(reply_->str, reply_->len) : std::string_view();
}

std::int64_t ReplyView::integer() const noexcept {
  return reply_ && reply_->type == REDIS_REPLY_INTEGER ? reply_->integer : 0;
}

std::size_t ReplyView::size() const noexcept {
  return is_array() ? reply_->elements : 0;
}

ReplyView ReplyView::operator[](std::size_t index) const noexcept {
  return index < size() ? ReplyView(reply_->element[index]) : ReplyView();
}

void ReplyReader::ReaderDeleter::operator()(redisReader* reader) const noexcept {
  redisReaderFree(reader);
}

void ReplyReader::ReplyDeleter::operator()(redisReply* reply) const noexcept {
  freeReplyObject(reply);
}

ReplyReader::ReplyReader() : reader_(redisReaderCreate()) {
  if (!reader_) throw std::bad_alloc();
}

ReplyReader::~ReplyReader() = default;

bool ReplyReader::feed(std::string_view bytes) {
  if (redisReaderFeed(reader_.get(), bytes.data(), bytes.size()) != REDIS_OK) failed_ = true;
  return !failed_;
}

ReplyView ReplyReader::next() {
  void* reply = nullptr;
  if (redisReaderGetReply(reader_.get(), &reply) != REDIS_OK) failed_ = true;
  current_.reset(static_cast<redisReply*>(reply));
  return ReplyView(current_.get());
}

std::string command(std::span<const std::string_view> parts) {
  std::vector<const char*> texts;
  std::vector<std::size_t> sizes;
  texts.reserve(parts.size());
  sizes.reserve(parts.size());
  for (const std::string_view part : parts) {
    // An empty view may point nowhere.
    texts.push_back(part.empty() ? "" : part.data());
    sizes.push_back(part.size());
  }
  char* formatted = nullptr;
  const auto size = redisFormatCommandArgv(&formatted, static_cast<int>(parts.size()), texts.data(),
                                           sizes.data());
  if (size < 0) throw std::bad_alloc();
  struct Free {
    void operator()(char* text) const noexcept { redisFreeCommand(text); }
  };
  const std::unique_ptr<char, Free> owned(formatted);
  return {formatted, static_cast<std::size_t>(size)};
}

}  // namespace patchbay::redis
