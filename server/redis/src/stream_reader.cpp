// SPDX-License-Identifier: MIT
#include "stream_reader.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace patchbay::redis {

namespace {

// Names of all streams in which namespaces may be. The remainder of a hash is negative for some of
// them in JavaScript: what Node.js servers write there, and nobody of them reads, is read here.
std::vector<std::string> all_names(const StreamsOptions& options) {
  if (options.stream_count <= 1) return {options.stream_name};
  std::vector<std::string> names;
  const auto count = static_cast<std::ptrdiff_t>(options.stream_count);
  for (std::ptrdiff_t i = 1 - count; i < count; ++i) {
    names.push_back(options.stream_name + '-' + std::to_string(i));
  }
  return names;
}

}  // namespace

cluster::StreamEntry entry_of(ReplyView fields) {
  cluster::StreamEntry entry;
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
    const std::string_view key = fields[i].text();
    const std::string_view value = fields[i + 1].text();
    if (key == "uid") {
      entry.uid = value;
    } else if (key == "nsp") {
      entry.nsp = value;
    } else if (key == "type") {
      entry.type = value;
    } else if (key == "data") {
      entry.data = value;
    }
  }
  return entry;
}

StreamReader::StreamReader(asio::io_context& io, const Options& options,
                           const StreamsOptions& streams, const Endpoint& endpoint,
                           Link::Listener& owner, OnEntry on_entry)
    : streams_options_(streams),
      owner_(&owner),
      on_entry_(std::move(on_entry)),
      names_(all_names(streams)),
      link_(std::make_shared<Link>(io, options, endpoint, Link::Replies::in_order, *this)) {
  for (const std::string& name : names_) streams_.push_back({.name = name});
  link_->set_blocking_time(streams.block_time);
}

void StreamReader::stop() {
  link_->stop(false);
  waiting_.clear();
}

const StreamReader::Stream& StreamReader::find(std::string_view stream) const {
  return *std::ranges::find(streams_, stream, &Stream::name);
}

void StreamReader::on_up() {
  if (ready_) {
    read();
    owner_->on_up();
  } else {
    find_ends();
  }
}

void StreamReader::on_down(const std::string& reason) {
  for (const Waiting& waiting : std::exchange(waiting_, {})) waiting.done(false);
  owner_->on_down(reason);
}

// "$" as id would mean the end each time, and miss what comes between two reads.
void StreamReader::find_ends() {
  for (Stream& stream : streams_) {
    const bool last = &stream == &streams_.back();
    link_->send(command("XREVRANGE", stream.name, "+", "-", "COUNT", "1"),
                [weak = weak_from_this(), &stream, last](ReplyView reply) {
                  const auto self = weak.lock();
                  if (!self || !reply) return;
                  if (reply.is_error()) return self->on_error(reply);
                  const std::string_view id = reply[0][0].text();
                  stream.start = id.empty() ? "0-0" : std::string(id);
                  stream.position = stream.start;
                  if (!last) return;
                  self->ready_ = true;
                  self->read();
                  self->owner_->on_up();
                });
  }
}

void StreamReader::read() {
  const std::string count = std::to_string(streams_options_.read_count);
  const std::string block = std::to_string(streams_options_.block_time.count());
  std::vector<std::string_view> parts{"XREAD", "COUNT", count, "BLOCK", block, "STREAMS"};
  for (const Stream& stream : streams_) parts.push_back(stream.name);
  for (const Stream& stream : streams_) parts.push_back(stream.position);
  link_->send(command(std::span<const std::string_view>(parts)),
              [weak = weak_from_this()](ReplyView reply) {
                const auto self = weak.lock();
                if (self && reply) self->on_reply(reply);
              });
}

void StreamReader::on_reply(ReplyView reply) {
  if (reply.is_error()) return on_error(reply);
  for (std::size_t i = 0; i < reply.size(); ++i) {
    const auto stream = std::ranges::find(streams_, reply[i][0].text(), &Stream::name);
    if (stream != streams_.end()) take(*stream, reply[i][1]);
  }
  tell_waiting();
  // Whoever has heard of an entry may have stopped all.
  if (link_->up()) read();
}

// Asking again at once would be asking for ever.
void StreamReader::on_error(ReplyView reply) {
  link_->reconnect("its stream cannot be read: " + std::string(reply.text()));
}

void StreamReader::take(Stream& stream, ReplyView entries) {
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const std::string_view id = entries[i][0].text();
    on_entry_(stream.name, id, entry_of(entries[i][1]));
    stream.position = id;
  }
}

void StreamReader::when_told(std::string_view stream, std::string id,
                             std::function<void(bool)> done) {
  if (!up()) return done(false);
  const Stream& found = find(stream);
  if (!cluster::entry_before(found.position, id)) return done(true);
  waiting_.push_back({.stream = &found, .id = std::move(id), .done = std::move(done)});
}

void StreamReader::tell_waiting() {
  const auto told =
      std::stable_partition(waiting_.begin(), waiting_.end(), [](const Waiting& waiting) {
        return cluster::entry_before(waiting.stream->position, waiting.id);
      });
  std::vector<Waiting> due(std::make_move_iterator(told), std::make_move_iterator(waiting_.end()));
  waiting_.erase(told, waiting_.end());
  for (const Waiting& waiting : due) waiting.done(true);
}

}  // namespace patchbay::redis
