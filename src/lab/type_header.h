// SPDX-License-Identifier: Apache-2.0
// Types as a C header, by libbpf's btf_dump. libbpf trusts what it dumps, so the types are looked through
// first.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "lab/type_set.h"

namespace weir::lab {

/// Whether btf_dump may have them: every id and name is there, nothing goes round in a circle, nothing is
/// nested, repeated or padded beyond what a compiler writes. bad_input says which type does.
base::Result<> check_for_header(const TypeSet& types);

/// The same of an object file's types, before libbpf opens it: 1.1 follows ids that are not there. A file
/// without BTF has nothing to check.
base::Result<> check_types_of_file(const std::string& path);

/// What `bpftool btf dump ... format c` writes: all types, or with `only` that one and what it needs. `write`
/// gets the text piece by piece.
base::Result<> write_header(const TypeSet& types, uint32_t only,
                            const std::function<void(std::string_view)>& write);

}  // namespace weir::lab
