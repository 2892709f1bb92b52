// SPDX-License-Identifier: Apache-2.0
// Hand-written classic BPF, in the textual form of the kernel's bpf_asm
// (Documentation/networking/filter.rst), to instructions.
#pragma once

#include <string_view>

#include "filter/classic_program.h"

namespace weir::filter {

/// One instruction a line, labels before a colon. Besides what bpf_asm takes: the names of the BPF paper
/// after a `#`
/// (`#ETHERTYPE_IP`, also `#ETHERTYPE IP`, `#TRUE`) and its addresses (`#128.3.112`). The program has passed
/// check_classic. Fails with bad_input: "line:column: 'word' what".
base::Result<ClassicProgram> assemble_classic(std::string_view source);

}  // namespace weir::filter
