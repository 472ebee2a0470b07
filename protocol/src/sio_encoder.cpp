// SPDX-License-Identifier: MIT
#include <string>
#include <utility>

#include "json_text.hpp"
#include "patchbay/protocol/json.hpp"
#include "patchbay/protocol/sio/json_parser.hpp"
#include "patchbay/protocol/utf8.hpp"
#include "small_stack.hpp"

namespace patchbay::sio {

namespace {

constexpr char kBinaryEvent = '5';
constexpr char kBinaryAck = '6';

// Writes one packet. Attachments are found while the JSON is written; their count, which stands
// before it, is put in afterwards.
class TextWriter {
 public:
  TextWriter(PacketType type, std::string_view nsp, std::optional<std::uint64_t> id) : type_(type) {
    text_.append(static_cast<char>('0' + static_cast<int>(type)));
    if (nsp != "/") {
      text_.append_raw(nsp);
      text_.append(',');
    }
    if (id) text_.append_digits(*id);
  }

  void value(const Value& value) {
    text_.append_value(value, [this](const Bytes& bytes) { attach(bytes); });
  }

  // A JSON array: the name, when there is one, and the arguments.
  void array(std::optional<std::string_view> name, std::span<const Value> args) {
    text_.append('[');
    if (name) text_.append_string(*name);
    for (std::size_t i = 0; i < args.size(); ++i) {
      if (name || i > 0) text_.append(',');
      value(args[i]);
    }
    text_.append(']');
  }

  // What was written must still be there.
  void finish(MessageSink& out) {
    if (!attachments_.empty()) {
      text_.insert(1, std::to_string(attachments_.size()) + '-');
      text_[0] = type_ == PacketType::ack ? kBinaryAck : kBinaryEvent;
    }
    // Only strings of the application's can be at fault; JSON itself is ASCII.
    if (text_.is_ascii() || is_valid_utf8(text_.view())) {
      out.text(text_.view());
    } else {
      out.text(replace_invalid_utf8(text_.view()));
    }
    for (const std::string_view data : attachments_) out.binary(data);
  }

 private:
  void attach(const Bytes& bytes) {
    // Other packets have no binary form.
    if (type_ != PacketType::event && type_ != PacketType::ack) {
      text_.append("null");
      return;
    }
    text_.append(R"({"_placeholder":true,"num":)");
    text_.append_digits(attachments_.size());
    text_.append('}');
    attachments_.emplace(bytes.view());
  }

  PacketType type_;
  SmallStack<std::string_view, 4> attachments_;
  json::Text text_;
};

struct Collector final : MessageSink {
  void text(std::string_view data) override { encoded.text = data; }
  void binary(std::string_view data) override { encoded.attachments.emplace_back(data); }
  Encoded encoded;
};

// No data is no payload. An event without even a name is legal only as one without payload.
bool has_payload(const Packet& packet) noexcept {
  if (packet.type != PacketType::event) return !packet.data.is_null();
  const Array* const args = packet.data.get_if<Array>();
  return args && !args->empty();
}

}  // namespace

Encoded encode(const Packet& packet) {
  TextWriter writer(packet.type, packet.nsp, packet.id);
  if (has_payload(packet)) writer.value(packet.data);
  Collector collector;
  writer.finish(collector);
  return std::move(collector.encoded);
}

void encode_event(MessageSink& out, std::string_view nsp, std::string_view name,
                  std::span<const Value> args, std::optional<std::uint64_t> id) {
  TextWriter writer(PacketType::event, nsp, id);
  writer.array(name, args);
  writer.finish(out);
}

void encode_ack(MessageSink& out, std::string_view nsp, std::uint64_t id,
                std::span<const Value> args) {
  TextWriter writer(PacketType::ack, nsp, id);
  writer.array(std::nullopt, args);
  writer.finish(out);
}

std::optional<std::string> event_json(std::string_view name, std::span<const Value> args) {
  json::Text json;
  bool has_binary = false;
  json.append('[');
  json.append_string(name);
  for (const Value& arg : args) {
    json.append(',');
    json.append_value(arg, [&has_binary](const Bytes&) { has_binary = true; });
  }
  json.append(']');
  if (has_binary) return std::nullopt;
  if (json.is_ascii() || is_valid_utf8(json.view())) return std::string(json.view());
  return replace_invalid_utf8(json.view());
}

std::string encode_json_event(std::string_view nsp, std::string_view json, std::string_view offset,
                              std::optional<std::uint64_t> id) {
  std::string text(1, static_cast<char>('0' + static_cast<int>(PacketType::event)));
  if (nsp != "/") {
    text += nsp;
    text += ',';
  }
  if (id) text += std::to_string(*id);
  text += json;
  if (!offset.empty()) {
    text.back() = ',';
    write_json_string(text, offset);
    text += ']';
  }
  return text;
}

Encoded encode_event(std::string_view nsp, std::string_view name, std::span<const Value> args,
                     std::optional<std::uint64_t> id) {
  Collector collector;
  encode_event(collector, nsp, name, args, id);
  return std::move(collector.encoded);
}

Encoded encode_ack(std::string_view nsp, std::uint64_t id, std::span<const Value> args) {
  Collector collector;
  encode_ack(collector, nsp, id, args);
  return std::move(collector.encoded);
}

}  // namespace patchbay::sio
