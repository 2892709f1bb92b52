// SPDX-License-Identifier: Apache-2.0
// libpcap's own verdicts, which every way of running a filter must give.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "filter/classic_program.h"
#include "tests/packet_builder.h"

namespace weir::tests {

/// pcap_compile and pcap_offline_filter, without any code of ours between.
class LibpcapFilter {
 public:
  /// `ethernet`: DLT_EN10MB, else DLT_RAW.
  LibpcapFilter(const std::string& expression, bool ethernet);
  ~LibpcapFilter();
  LibpcapFilter(LibpcapFilter&&) noexcept;

  /// Empty: compiled; else libpcap's reason.
  const std::string& failure() const { return failure_; }
  bool matches(const uint8_t* data, uint32_t captured_bytes, uint32_t wire_bytes) const;
  /// The instructions that libpcap made, as ours.
  filter::ClassicSpan classic() const;

 private:
  struct Program;
  std::unique_ptr<Program> program_;
  std::string failure_;
};

/// bpf_filter on a program made by us.
uint32_t interpret(filter::ClassicSpan program, const Bytes& frame);
/// bpf_validate.
bool validates(filter::ClassicSpan program);

}  // namespace weir::tests
