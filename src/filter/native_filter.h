// SPDX-License-Identifier: Apache-2.0
// Classic BPF compiled to the processor's own instructions (x86-64), with the verdicts of libpcap's
// bpf_filter.
#pragma once

#include <memory>

#include "filter/classic_program.h"

namespace weir::filter {

class NativeFilter {
 public:
  /// An empty pointer where there is nothing to be had: another processor, a program that check_classic does
  /// not take (libpcap's backward jumps of `protochain` among them), or no memory that may be executed. The
  /// caller then interprets.
  static std::unique_ptr<NativeFilter> compile(ClassicSpan program);
  ~NativeFilter();

  /// What the program returns: 0 for no match. `captured_bytes` are at `data`, `wire_bytes` is the length.
  uint32_t run(const uint8_t* data, uint32_t captured_bytes, uint32_t wire_bytes) const {
    return function_(data, captured_bytes, wire_bytes);
  }

 private:
  using Function = uint32_t (*)(const uint8_t*, uint32_t, uint32_t);
  class Code;
  NativeFilter(std::unique_ptr<Code> code, Function function);

  std::unique_ptr<Code> code_;
  Function function_;
};

}  // namespace weir::filter
