// SPDX-License-Identifier: Apache-2.0
// Types one by one: as bpftool lists them, and where their members lie.
#pragma once

#include <cstdint>
#include <string>

#include "lab/json_record.h"
#include "lab/type_set.h"

namespace weir::lab {

/// "[1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED": `bpftool btf dump`, format raw; members
/// are lines of their own. Without a newline at the end.
std::string type_text(const TypeSet& types, uint32_t id);
/// The same as JSON, with bpftool's keys.
JsonRecord type_record(const TypeSet& types, uint32_t id);

/// The first struct, union, enum or typedef of that name, else the first type of that name; 0: none.
uint32_t find_type(const TypeSet& types, std::string_view name);

/// "struct flow_key, 16 bytes", and a line for each member: where it lies, its size, its type and its name.
/// Members of members are not opened, but those without a name are.
std::string layout_text(const TypeSet& types, uint32_t id);
JsonRecord layout_record(const TypeSet& types, uint32_t id);

}  // namespace weir::lab
