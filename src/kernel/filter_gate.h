// SPDX-License-Identifier: Apache-2.0
// A generated filter before a program: the hook runs the filter, which goes on to the program by a tail call
// where a packet matches. Loads the filter and owns it; knows nothing of expressions.
#pragma once

#include <linux/bpf.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "kernel/link.h"

struct bpf_program;

namespace weir::kernel {

/// What kind of hook: what packets begin with there, and what a program returns.
enum class FilterPlace : uint8_t { cgroup, tc, tc_layer3, xdp, socket };

/// What a filter is to be made for.
struct FilterRequest {
  FilterPlace place = FilterPlace::tc;
  Traffic traffic = Traffic::ingress;  // at a socket: of no meaning, both pass
  int prog_array_fd = -1;              // a packet that matches goes on to its entry 0
  bool direct_access = true;           // false: by helpers, for a verifier that found the other too complex
  bool xdp_load_bytes = true;          // this kernel has bpf_xdp_load_bytes (5.18)
};

/// Instructions for the request. An error ends the loading and is handed on.
using FilterMaker = std::function<base::Result<std::vector<bpf_insn>>(const FilterRequest&)>;

/// No filter: every packet goes on. Before a program that is too large to be attached itself: a packet
/// socket takes 2,500 instructions where net.core.optmem_max is 20 kB (before 6.8).
base::Result<std::vector<bpf_insn>> pass_every_packet(const FilterRequest& request);

class FilterGate {
 public:
  struct Plan {
    const char* name = "";  // of the filter's program, "weir_f_...": 15 characters at most
    FilterPlace place = FilterPlace::tc;
    Traffic traffic = Traffic::ingress;
  };

  /// Loads the filter as a program of the kind that `program`, which is loaded, is of: the kernel lets none
  /// but those go on to it. Fails with bad_input where the verifier refuses every form of the filter (its
  /// reason), and with permission.
  static base::Result<FilterGate> load(const bpf_program* program, const Plan& plan, const FilterMaker& make);

  /// Attach this in the program's stead. Valid as long as the gate is: the kernel empties the array of the
  /// program when the gate goes, and a filter that is attached still lets every packet pass.
  int fd() const { return filter_.get(); }

 private:
  FilterGate(base::UniqueFd prog_array, base::UniqueFd filter)
      : prog_array_(std::move(prog_array)), filter_(std::move(filter)) {}

  base::UniqueFd prog_array_;
  base::UniqueFd filter_;
};

}  // namespace weir::kernel
