// SPDX-License-Identifier: Apache-2.0
// The fields of a flow record by name: those of its JSON, and short ones that ask about both ends at once.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "flow/flow_record.h"

namespace weir::flow {

enum class FieldKind {
  text,
  number,
  duration,  // nanoseconds
  time,      // nanoseconds since 1970; as text RFC 3339
};

/// One field. Of the two readers the one that fits the kind is set.
struct Field {
  std::string_view name;   // "source.process.executable.name"
  std::string_view alias;  // another word for it; empty: none
  FieldKind kind;
  std::optional<uint64_t> (*number)(const FlowRecord& record);  // empty: absent
  bool (*text)(const FlowRecord& record, std::string& to);      // appends; false: absent
  std::string_view meaning;
};

/// All of them, in the order of the JSON; the short ones last.
std::span<const Field> fields();
/// By name or alias; null: there is none.
const Field* find_field(std::string_view word);
/// Appends the field's value; false, and nothing appended, where it is absent.
bool append_field(const Field& field, const FlowRecord& record, std::string& to);

/// The round trip: the kernel's smoothed one, else the handshake's.
std::optional<uint64_t> round_trip_ns(const FlowRecord& record);

}  // namespace weir::flow
