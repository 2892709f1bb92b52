// SPDX-License-Identifier: Apache-2.0
// Programs of a few raw instructions, to ask the kernel what it takes; they do nothing when they run.
#pragma once

#include <linux/bpf.h>

#include <cstdint>
#include <span>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace weir::kernel {

struct TinyProgram {
  bpf_prog_type type = BPF_PROG_TYPE_UNSPEC;
  uint32_t expected_attach_type = 0;
  uint32_t attach_btf_id = 0;      // tp_btf, fentry, iterators, LSM: a type of the kernel's BTF
  std::span<const bpf_insn> body;  // must set r0 and end in exit; empty: returns `verdict`
  int32_t verdict = 0;
  const char* name = "weir_probe";
};

/// The loaded program, or the kernel's refusal: `Error::message` is the last line of the verifier's log where
/// it wrote one.
base::Result<base::UniqueFd> load_tiny_program(const TinyProgram& program);

}  // namespace weir::kernel
