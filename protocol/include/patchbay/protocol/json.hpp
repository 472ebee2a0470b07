// SPDX-License-Identifier: MIT
//
// JSON text to Value and back. RapidJSON does the work and stays behind this header.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "patchbay/protocol/result.hpp"
#include "patchbay/protocol/value.hpp"

namespace patchbay {

// Reads exactly one JSON value; anything but white space behind it is an error. Iterative: depth
// costs no stack. A duplicate key replaces the earlier value. Numbers: integers that fit are exact
// int64, all others double. The escape of a lone surrogate becomes U+FFFD. The text is expected to
// be UTF-8 (callers check whole frames once).
// Errors: json_syntax, json_too_deep, json_number_range.
Result<Value> parse_json(std::string_view text, std::size_t max_depth);

// Appends the value as JavaScript's JSON.stringify would print it: no white space, NaN and
// infinities as null, whole doubles without a fraction. Binary content is written as null; the
// Socket.IO encoder replaces it by placeholders before. Strings that are not UTF-8 get U+FFFD in
// place of what is wrong.
void write_json(std::string& out, const Value& value);

[[nodiscard]] std::string to_json(const Value& value);

// Appends text as a JSON string, quotes included.
void write_json_string(std::string& out, std::string_view text);

}  // namespace patchbay
