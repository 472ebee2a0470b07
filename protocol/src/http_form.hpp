// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace patchbay::http {

// One key or value of a query or an HTML form as the URL Standard decodes it: '+' is a space, a '%'
// without two digits stays what it is, and what is not UTF-8 is replaced.
[[nodiscard]] std::string decode_form_component(std::string_view text);

}  // namespace patchbay::http
