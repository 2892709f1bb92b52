// SPDX-License-Identifier: Apache-2.0
#include "tests/kernel/filter_oracle.h"

#include <pcap/pcap.h>

namespace weir::tests {
namespace {

constexpr int kSnapBytes = 262144;

const bpf_insn* instructions(filter::ClassicSpan program) {
  static_assert(sizeof(bpf_insn) == sizeof(sock_filter));
  return reinterpret_cast<const bpf_insn*>(program.data());
}

}  // namespace

struct LibpcapFilter::Program {
  bpf_program code{};
  ~Program() { pcap_freecode(&code); }
};

LibpcapFilter::LibpcapFilter(const std::string& expression, bool ethernet)
    : program_(std::make_unique<Program>()) {
  pcap_t* dead = pcap_open_dead(ethernet ? DLT_EN10MB : DLT_RAW, kSnapBytes);
  if (pcap_compile(dead, &program_->code, expression.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0)
    failure_ = pcap_geterr(dead);
  pcap_close(dead);
}
LibpcapFilter::~LibpcapFilter() = default;
LibpcapFilter::LibpcapFilter(LibpcapFilter&&) noexcept = default;

bool LibpcapFilter::matches(const uint8_t* data, uint32_t captured_bytes, uint32_t wire_bytes) const {
  pcap_pkthdr header{};
  header.caplen = captured_bytes;
  header.len = wire_bytes;
  return pcap_offline_filter(&program_->code, &header, data) != 0;
}

filter::ClassicSpan LibpcapFilter::classic() const {
  return {reinterpret_cast<const sock_filter*>(program_->code.bf_insns), program_->code.bf_len};
}

uint32_t interpret(filter::ClassicSpan program, const Bytes& frame) {
  const auto bytes = static_cast<uint32_t>(frame.size());
  return bpf_filter(instructions(program), frame.data(), bytes, bytes);
}

bool validates(filter::ClassicSpan program) {
  return bpf_validate(instructions(program), static_cast<int>(program.size())) != 0;
}

}  // namespace weir::tests
