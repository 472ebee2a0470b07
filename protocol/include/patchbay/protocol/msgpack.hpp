// SPDX-License-Identifier: MIT
//
// MessagePack to Value and back (https://github.com/msgpack/msgpack/blob/master/spec.md), with the
// extensions by which notepack.io carries what JavaScript has and MessagePack has not. Version 2
// of it is the encoding of socket.io-msgpack-parser, version 3 that of the Redis adapters.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "patchbay/protocol/result.hpp"
#include "patchbay/protocol/value.hpp"

namespace patchbay {

// Reads exactly one value; anything behind it is an error. Iterative: depth costs no stack. Memory
// and time are bounded by the size of the data, whatever lengths it announces.
// - Integers that fit are int64, larger ones double; floats become double.
// - Keys are strings; a duplicate key replaces the earlier value. Strings are UTF-8.
// - bin, and extension 0 of any size that has no other meaning (ArrayBuffer): binary.
// - fixext 8 of type 0 (Date, int64 milliseconds) and extension -1 (timestamp): the string that
//   JSON would carry, "2024-01-31T12:00:00.000Z"; null when it is no date to JavaScript.
// - fixext 1 of type 0 (undefined): as in JSON. Such a member of an object is left out; elsewhere
// it
//   is null.
// Errors: msgpack_truncated, msgpack_syntax, msgpack_too_deep, msgpack_invalid_utf8,
// msgpack_bad_key, msgpack_unknown_extension.
Result<Value> parse_msgpack(std::string_view data, std::size_t max_depth);

// Appends the value in its smallest form, as notepack.io does: whole doubles as integers (those
// between -2^53 and 2^53, which are exact to JavaScript), other doubles as float 64, binary as bin.
// Strings that are not UTF-8 get U+FFFD in place of what is wrong.
// Throws std::length_error for a string, binary, array or object of 4 GiB and more, for which
// MessagePack has no form.
void append_msgpack(std::string& out, const Value& value);

}  // namespace patchbay
