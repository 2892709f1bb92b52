// SPDX-License-Identifier: Apache-2.0
// A pcap-filter(7) expression, compiled for one link type; knows nothing of where packets come from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

struct bpf_insn;
struct bpf_program;

namespace weir::filter {

class Expression {
 public:
  /// Compiles `text` by libpcap, optimised. `link_type` is a LINKTYPE_*; `snap_bytes` is what the program
  /// returns for a match (0: the largest). Looks names up as tcpdump does. Fails with bad_input: one line
  /// with the expression, the link type and libpcap's reason.
  static base::Result<Expression> compile(const std::string& text, uint32_t link_type,
                                          uint32_t snap_bytes = 0);

  Expression(Expression&&) noexcept;
  Expression& operator=(Expression&&) noexcept;
  ~Expression();

  /// libpcap's verdict. `captured_bytes` of the packet are at `data`, `wire_bytes` were on the wire.
  bool matches(const uint8_t* data, uint32_t captured_bytes, uint32_t wire_bytes) const;
  /// Nothing to ask: every packet matches (an empty expression).
  bool matches_all() const;

  /// The classic BPF program, for those who compile it further.
  const bpf_insn* instructions() const;
  size_t instruction_count() const;

 private:
  struct Free {
    void operator()(bpf_program* program) const;
  };
  explicit Expression(std::unique_ptr<bpf_program, Free> program);

  std::unique_ptr<bpf_program, Free> program_;
};

/// One expression for all link types that a capture turns out to hold.
class ExpressionSet {
 public:
  explicit ExpressionSet(std::string text) : text_(std::move(text)) {}
  /// Compiles at a link type's first appearance. The pointer stays valid as long as the set.
  base::Result<const Expression*> of(uint32_t link_type);

 private:
  struct Compiled {
    uint32_t link_type;
    std::unique_ptr<Expression> expression;
  };
  std::string text_;
  std::vector<Compiled> compiled_;
};

}  // namespace weir::filter
