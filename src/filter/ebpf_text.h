// SPDX-License-Identifier: Apache-2.0
// eBPF instructions as the kernel and bpftool print them.
#pragma once

#include <linux/bpf.h>

#include <span>
#include <string>

namespace weir::filter {

/// One line an instruction, `   3: (79) r1 = *(u64 *)(r10 -96)`, as `bpftool prog dump xlated` writes them; a
/// map stands as `map[fd:7]`. Codes that are none stand as such.
std::string ebpf_text(std::span<const bpf_insn> program);

}  // namespace weir::filter
