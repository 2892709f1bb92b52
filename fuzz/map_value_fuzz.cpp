// SPDX-License-Identifier: Apache-2.0
// What users write for keys and values: never beyond the bytes, and what is read is printed so that it reads
// back. Input: 1 byte (which type), the text.
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/type_set.h"
#include "lab/value_parser.h"
#include "lab/value_printer.h"

namespace {

using namespace weir::lab;

/// A struct with some of each, and its parts.
class Types {
 public:
  Types() {
    btf* make = btf__new_empty();
    const int u8 = add(btf__add_int(make, "u8", 1, 0)),
              s16 = add(btf__add_int(make, "s16", 2, BTF_INT_SIGNED));
    const int u32 = add(btf__add_int(make, "u32", 4, 0)),
              s64 = add(btf__add_int(make, "s64", 8, BTF_INT_SIGNED));
    const int u128 = add(btf__add_int(make, "u128", 16, 0)),
              truth = add(btf__add_int(make, "_Bool", 1, BTF_INT_BOOL));
    const int character = add(btf__add_int(make, "char", 1, BTF_INT_SIGNED));
    const int text = add(btf__add_array(make, u32, character, 8)),
              bytes = add(btf__add_array(make, u32, u8, 16));
    const int twice = add(btf__add_float(make, "double", 8)), single = add(btf__add_float(make, "float", 4));
    const int pointer = add(btf__add_ptr(make, 0)), named = add(btf__add_typedef(make, "port_t", u32));
    const int state = add(btf__add_enum(make, "state", 4));
    btf__add_enum_value(make, "OPEN", 1);
    btf__add_enum_value(make, "GONE", -1);
    const int either = add(btf__add_union(make, "", 16));
    btf__add_field(make, "address", bytes, 0, 0);
    btf__add_field(make, "number", u32, 0, 0);
    add(btf__add_struct(make, "whole", 96));
    int offset = 0;
    const auto field = [&](const char* name, int type, int bits, int width) {
      btf__add_field(make, name, type, static_cast<uint32_t>(offset), static_cast<uint32_t>(width));
      offset += bits;
    };
    field("low", u32, 5, 5);
    field("rest", u32, 27, 27);
    field("state", state, 32, 0);
    field("text", text, 64, 0);
    field("", either, 128, 0);
    field("s64", s64, 64, 0);
    field("twice", twice, 64, 0);
    field("u128", u128, 128, 0);
    field("pointer", pointer, 64, 0);
    field("single", single, 32, 0);
    field("port", named, 32, 0);
    field("s16", s16, 16, 0);
    field("truth", truth, 8, 0);
    types_.emplace(OwnedBtf(make));
  }
  uint32_t choose(uint8_t byte) const { return static_cast<uint32_t>(ids_[byte % ids_.size()]); }
  const TypeSet& set() const { return *types_; }

 private:
  int add(int id) {
    ids_.push_back(id);
    return id;
  }
  std::vector<int> ids_;
  std::optional<TypeSet> types_;
};

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Types types;
  if (size == 0) return 0;
  const uint32_t type = types.choose(data[0]);
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::vector<std::byte> plain(size % 17);
  static_cast<void>(parse_bytes(text, plain));
  std::vector<std::byte> bytes(types.set().size(type).value_or(0));
  if (!parse_value(types.set(), type, text, bytes)) return 0;
  for (const ValueForm form : {ValueForm::text, ValueForm::json}) {
    std::string printed, again;
    require(print_value(types.set(), type, bytes, form, printed) == PrintProblem::none);
    if (printed.find("null") != std::string::npos || printed.find("nan") != std::string::npos) continue;
    std::vector<std::byte> read(bytes.size());
    require(parse_value(types.set(), type, printed, read).has_value());
    require(print_value(types.set(), type, read, form, again) == PrintProblem::none);
    require(printed == again);
  }
  return 0;
}
