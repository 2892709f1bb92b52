// SPDX-License-Identifier: Apache-2.0
// The loads of a classic BPF program as eBPF: in place, through a helper, and past a VLAN tag that was
// stripped.
#pragma once

#include <algorithm>
#include <string>

#include "filter/classic_program.h"
#include "filter/ebpf_filter.h"
#include "filter/ebpf_writer.h"

namespace weir::filter {

// Registers throughout a program. Those below R6 do not survive a helper's call; copies that read in place
// call none.
constexpr EbpfRegister kDataEnd = R4;
constexpr EbpfRegister kAtX = R5;  // kData + kX, as far as Proven::at_x says
constexpr EbpfRegister kContext = R6;
constexpr EbpfRegister kData = R7;
constexpr EbpfRegister kA = R8;
constexpr EbpfRegister kX = R9;

enum class Access : uint8_t {
  in_place,  // proves more than is needed; where that fails: the same instruction of the slow pass
  own,       // LD_ABS and LD_IND, as classic socket filters: past the packet's end the program returns 0
  exact,     // in place, proves what is needed; where that fails, the packet does not match
  helper,    // bpf_skb_load_bytes, bpf_xdp_load_bytes; where that fails, the packet does not match
};

/// One copy of the program.
struct Pass {
  Access access;
  bool tagged;              // the frame's VLAN tag was stripped
  EbpfWriter::Label first;  // of its first instruction; the others' follow
  EbpfWriter::Label slow;   // in_place: of the slow pass's first instruction
};

/// What the verifier knows at an instruction: bytes behind kData, and behind kAtX (0: kAtX holds nothing).
struct Proven {
  uint32_t at_start = 0;
  uint32_t at_x = 0;

  void meet(const Proven& other) {
    at_start = std::min(at_start, other.at_start);
    at_x = std::min(at_x, other.at_x);
  }
  bool operator==(const Proven&) const = default;
};
constexpr Proven kNothingYet{UINT32_MAX, UINT32_MAX};

/// "#type" and so on, as bpf_asm writes them; "an unknown value at 0x..." for the others.
std::string ancillary_name(uint32_t offset);

class EbpfLoads {
 public:
  EbpfLoads(EbpfWriter& writer, ClassicSpan program, const EbpfTarget& target)
      : writer_(writer), program_(program), target_(target) {}

  bool has_ancillary(uint32_t offset) const;
  void reject_to(EbpfWriter::Label label) { reject_ = label; }

  /// What stands before the first instruction.
  void begin(bool reads_in_place);
  void jump_if_tag_was_stripped(EbpfWriter::Label label);
  void begin_tagged(bool reads_in_place);

  /// Instruction `at`, an LD or LDX. False: nothing follows it, all jump away.
  bool write(const Pass& pass, size_t at, Proven& proven);
  void store_memory(uint32_t word, EbpfRegister from);

 private:
  struct Load {
    EbpfRegister to;
    uint32_t offset;  // of the frame on the wire, or from X
    uint32_t bytes;
    bool from_x;
  };
  bool write_packet_load(const Pass& pass, size_t at, const Load& load, Proven& proven);
  bool write_in_place(const Pass& pass, size_t at, const Load& load, Proven& proven);
  void write_in_place_from_x(const Pass& pass, size_t at, const Load& load, Proven& proven);
  bool write_exact(const Load& load);
  void write_load_at(const Pass& pass, uint32_t offset, const Load& load);
  void write_load_at_r2(const Pass& pass, const Load& load);
  void write_load_from_x(const Pass& pass, const Load& load);
  void write_tag_load(const Load& load);
  void write_tag_load_at_r2(const Load& load);
  void write_ancillary(uint32_t offset);
  void write_length(const Pass& pass, EbpfRegister to);
  void call_load_bytes(uint32_t bytes);
  void swap(EbpfRegister value, uint32_t bytes);
  void take_scratch(EbpfRegister to, uint32_t bytes);
  void prove(EbpfRegister from, uint32_t bytes, EbpfWriter::Label otherwise);
  void load_data_pointers();
  uint32_t bytes_worth_proving(const Pass& pass, size_t at, const Load& load) const;

  EbpfWriter& writer_;
  ClassicSpan program_;
  const EbpfTarget& target_;
  EbpfWriter::Label reject_ = 0;
};

}  // namespace weir::filter
