// SPDX-License-Identifier: MIT
//
// Polling by script elements and forms, for pages that have no other way to another origin. The
// handshake has a number "j" in its query; the session's bodies are then wrapped as follows, in
// both revisions.
#pragma once

#include <string>
#include <string_view>

namespace patchbay::eio::jsonp {

// The body of an answer to a poll: a script that calls ___eio[index] with the payload. Of `index`,
// which is the client's text, only digits are taken.
[[nodiscard]] std::string encode(std::string_view index, std::string_view payload);

// The payload in the body of a POST, an HTML form (application/x-www-form-urlencoded) with a field
// "d"; empty when it has none. Always UTF-8. What was sent as backslash, n is a newline; what was
// sent as backslash, backslash, n is a backslash and an n: clients escape newlines because browsers
// change them in forms.
[[nodiscard]] std::string decode(std::string_view form);

}  // namespace patchbay::eio::jsonp
