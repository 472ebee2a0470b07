// SPDX-License-Identifier: MIT
#include "classic_wire.hpp"

#include <utility>

#include "random_hex.hpp"
#include "tell.hpp"

namespace patchbay::redis {

namespace classic = cluster::classic;

ClassicWire::ClassicWire(std::shared_ptr<Hub> hub, std::string nsp, const ClassicOptions& options)
    : hub_(std::move(hub)),
      nsp_(std::move(nsp)),
      uid_(random_hex(6)),
      channels_(options.key, nsp_),
      answers_to_one_(options.publish_on_specific_response_channel) {}

void ClassicWire::open(std::weak_ptr<Listener> listener) {
  Subscriber& subscriber = hub_->subscriber();
  subscriber.subscribe(
      ChannelKind::pattern, channels_.pattern(), this,
      [channels = channels_, listener](std::string_view channel, std::string_view payload) {
        if (channels.room_of(channel)) tell(listener, classic::decode_broadcast(payload));
      });
  subscriber.subscribe(ChannelKind::plain, channels_.requests(), this,
                       [listener](std::string_view /*channel*/, std::string_view payload) {
                         tell(listener, classic::decode_request(payload));
                       });
  for (const std::string& channel : {channels_.answers(), channels_.answers_to(uid_)}) {
    subscriber.subscribe(ChannelKind::plain, channel, this,
                         [listener](std::string_view /*channel*/, std::string_view payload) {
                           tell(listener, classic::decode_answer(payload));
                         });
  }
}

void ClassicWire::close() {
  Subscriber& subscriber = hub_->subscriber();
  subscriber.unsubscribe(ChannelKind::pattern, channels_.pattern(), this);
  for (const std::string& channel :
       {channels_.requests(), channels_.answers(), channels_.answers_to(uid_)}) {
    subscriber.unsubscribe(ChannelKind::plain, channel, this);
  }
}

void ClassicWire::broadcast(const cluster::EventView& event, const BroadcastOptions& options,
                            std::string_view request_id) {
  if (request_id.empty()) {
    hub_->send(command("PUBLISH", channels_.for_target(options.target),
                       classic::encode_broadcast(uid_, nsp_, event, options)));
  } else {
    hub_->send(command("PUBLISH", channels_.requests(),
                       classic::encode_broadcast_with_ack(uid_, nsp_, event, options, request_id)));
  }
}

void ClassicWire::say(const cluster::Content& content) {
  hub_->send(command("PUBLISH", channels_.requests(), classic::encode(uid_, content)));
}

// Acknowledgements of events between servers always go where everybody hears, as Node.js servers
// send them.
void ClassicWire::answer(const std::string& uid, const cluster::Content& content) {
  const bool to_one =
      answers_to_one_ && !uid.empty() && !std::holds_alternative<cluster::ServerAnswer>(content);
  hub_->send(command("PUBLISH", to_one ? channels_.answers_to(uid) : channels_.answers(),
                     classic::encode(uid_, content)));
}

void ClassicWire::count_members(std::function<void(std::optional<std::size_t>)> done) {
  hub_->count_subscribers("NUMSUB", channels_.requests(), std::move(done));
}

}  // namespace patchbay::redis
