// SPDX-License-Identifier: Apache-2.0
// Runs tests/kernel/parse_probe.bpf.c over frames by BPF_PROG_TEST_RUN. No device, no traffic.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/kernel/parse_probe.h"
#include "tests/packet_builder.h"

struct parse_probe_bpf;

namespace weir::tests {

/// One program of the object, and what it makes of a frame.
struct ParseProgram {
  const char* name;
  int link;
  bool decapsulate;
  bool behind_ethernet;  // the test run takes 14 bytes off: give it 14 more
  int fd;
};

/// What a run gave: `error` is 0, or the errno with which the kernel refused to take the frame.
struct ParseRun {
  int error = 0;
  parse_probe found{};
};

class ParseProbe {
 public:
  ParseProbe();
  ~ParseProbe();
  /// Empty: loaded. Else why not; `denied` says that it is for want of privileges.
  const std::string& failure() const { return failure_; }
  bool denied() const { return denied_; }
  const std::vector<ParseProgram>& programs() const { return programs_; }
  ParseRun run(const ParseProgram& program, const Bytes& frame);
  /// Packets that PACKET_PLAIN parsed, of all programs so far.
  uint32_t plain() const { return plain_; }

 private:
  parse_probe_bpf* object_ = nullptr;
  std::vector<ParseProgram> programs_;
  std::string failure_;
  bool denied_ = false;
  uint32_t runs_ = 0;
  uint32_t plain_ = 0;
};

}  // namespace weir::tests
