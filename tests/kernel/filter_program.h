// SPDX-License-Identifier: Apache-2.0
// A generated filter in the kernel, run over frames by BPF_PROG_TEST_RUN. No device, no traffic.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "filter/ebpf_filter.h"
#include "tests/packet_builder.h"

namespace weir::tests {

const char* name_of(filter::Hook hook);
/// For tests: 1 for a match, 0 for none.
filter::EbpfTarget verdict_target(filter::Hook hook);

/// Whether this kernel can load the programs that use it.
bool may_load_programs();
bool has_xdp_load_bytes();

/// A VLAN tag as the card strips it.
struct StrippedTag {
  uint16_t protocol;
  uint16_t tci;
};

class FilterProgram {
 public:
  /// Loads what translate_to_ebpf makes; failure() has the reason, with the verifier's last lines.
  FilterProgram(filter::ClassicSpan program, const filter::EbpfTarget& target);

  const std::string& failure() const { return failure_; }
  int fd() const { return program_.get(); }
  size_t instructions() const { return instructions_; }

  /// The verdict on the frame (it begins as the hook's packets do); empty: the kernel takes no such frame.
  std::optional<bool> matches(const Bytes& frame) const;
  /// At tc: on what is left of a frame when `tag` was stripped.
  std::optional<bool> matches(const Bytes& frame, StrippedTag tag) const;

 private:
  filter::Hook hook_;
  base::UniqueFd program_;
  base::UniqueFd stripper_, stripped_next_;  // a program that puts the tag aside and goes on to program_
  size_t instructions_ = 0;
  std::string failure_;
};

}  // namespace weir::tests
