// SPDX-License-Identifier: Apache-2.0
// The bytes of a map's key or value as text or JSON, by their BTF type. Types and bytes may be anyone's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "lab/type_set.h"

namespace weir::lab {

enum class ValueForm : uint8_t {
  text,  // {pid: 4121, comm: "curl", state: LISTEN}: what `parse_value` reads
  json,  // {"pid":4121,"comm":"curl","state":"LISTEN"}
};

/// What kept a value from being printed whole. Whatever it is, brackets are closed and JSON stays JSON: null,
/// or ? in text, stands for what is missing.
enum class PrintProblem : uint8_t {
  none,
  no_type,      // there is no such type, or it has no values
  short_bytes,  // the type goes beyond the bytes
  too_deep,     // more than TypeSet::kDeepest structs in structs
  too_long,     // more values than the bytes can have, or than kMostSteps
};
inline constexpr uint32_t kMostSteps = 1u << 22;

/// Appends the value. The members of anonymous structs and unions stand beside the others, as C names them.
/// Arrays of char that hold printable text up to a NUL are strings, enums are names where one fits, ints of
/// more than 64 bits are hex (in JSON strings), pointers are numbers.
PrintProblem print_value(const TypeSet& types, uint32_t type_id, std::span<const std::byte> bytes,
                         ValueForm form, std::string& to);

/// Bytes without a type: "hex:0a000001", in JSON a string of that.
void print_bytes(std::span<const std::byte> bytes, ValueForm form, std::string& to);

/// Appends `text` in quotes with JSON's escapes.
void append_quoted(std::string& to, std::string_view text);

}  // namespace weir::lab
