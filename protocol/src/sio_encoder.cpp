// SPDX-License-Identifier: MIT
#include <utility>

#include "json_text.hpp"
#include "patchbay/protocol/sio/json_parser.hpp"
#include "patchbay/protocol/utf8.hpp"

namespace patchbay::sio {

namespace {

constexpr char kBinaryEvent = '5';
constexpr char kBinaryAck = '6';

// Writes one packet. Attachments are found while the JSON is written; their count, which stands
// before it, is put in afterwards.
class Writer {
 public:
  Writer(PacketType type, std::string_view nsp, std::optional<std::uint64_t> id) : type_(type) {
    encoded_.text.reserve(64);
    encoded_.text += static_cast<char>('0' + static_cast<int>(type));
    if (nsp != "/") {
      encoded_.text += nsp;
      encoded_.text += ',';
    }
    if (id) json::append_integer(encoded_.text, *id);
  }

  void value(const Value& value) {
    json::append_value(encoded_.text, value, [this](const Bytes& bytes) { attach(bytes); });
  }

  // A JSON array: the name, when there is one, and the arguments.
  void array(std::optional<std::string_view> name, std::span<const Value> args) {
    std::string& text = encoded_.text;
    text += '[';
    if (name) json::append_string(text, *name);
    for (std::size_t i = 0; i < args.size(); ++i) {
      if (name || i > 0) text += ',';
      value(args[i]);
    }
    text += ']';
  }

  Encoded finish() && {
    if (!encoded_.attachments.empty()) {
      encoded_.text.insert(1, std::to_string(encoded_.attachments.size()) + '-');
      encoded_.text[0] = type_ == PacketType::ack ? kBinaryAck : kBinaryEvent;
    }
    // Only strings of the application's can be at fault; JSON itself is ASCII.
    if (!is_valid_utf8(encoded_.text)) encoded_.text = replace_invalid_utf8(encoded_.text);
    return std::move(encoded_);
  }

 private:
  void attach(const Bytes& bytes) {
    // Other packets have no binary form.
    if (type_ != PacketType::event && type_ != PacketType::ack) {
      encoded_.text += "null";
      return;
    }
    encoded_.text += R"({"_placeholder":true,"num":)";
    json::append_integer(encoded_.text, encoded_.attachments.size());
    encoded_.text += '}';
    encoded_.attachments.emplace_back(bytes.view());
  }

  PacketType type_;
  Encoded encoded_;
};

// No data is no payload. An event without even a name is legal only as one without payload.
bool has_payload(const Packet& packet) noexcept {
  if (packet.type != PacketType::event) return !packet.data.is_null();
  const Array* const args = packet.data.get_if<Array>();
  return args && !args->empty();
}

}  // namespace

Encoded encode(const Packet& packet) {
  Writer writer(packet.type, packet.nsp, packet.id);
  if (has_payload(packet)) writer.value(packet.data);
  return std::move(writer).finish();
}

Encoded encode_event(std::string_view nsp, std::string_view name, std::span<const Value> args,
                     std::optional<std::uint64_t> id) {
  Writer writer(PacketType::event, nsp, id);
  writer.array(name, args);
  return std::move(writer).finish();
}

Encoded encode_ack(std::string_view nsp, std::uint64_t id, std::span<const Value> args) {
  Writer writer(PacketType::ack, nsp, id);
  writer.array(std::nullopt, args);
  return std::move(writer).finish();
}

}  // namespace patchbay::sio
