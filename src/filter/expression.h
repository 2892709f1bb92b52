// SPDX-License-Identifier: Apache-2.0
// A pcap-filter(7) expression, compiled for one link type; knows nothing of where packets come from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "filter/classic_program.h"
#include "filter/native_filter.h"

namespace weir::filter {

/// The expression as messages show it: quoted, on one line, a long one cut in its middle.
std::string quoted(std::string text);

/// What a live packet begins with at a hook.
enum class FirstHeader : uint8_t { ethernet, ip };

class Expression {
 public:
  /// Compiles `text` by libpcap, optimised, for captured packets. `link_type` is a LINKTYPE_*; `snap_bytes`
  /// is what the program returns for a match (0: the largest). Looks names up as tcpdump does. Fails with
  /// bad_input: one line with the expression, the link type and libpcap's reason, or the word that asks for
  /// what a file does not say (`inbound`).
  static base::Result<Expression> compile(const std::string& text, uint32_t link_type,
                                          uint32_t snap_bytes = 0);
  /// The same for a hook's packets, for translate_to_ebpf. Refuses with its name a word that needs a link
  /// header where there is none (libpcap compiles some of them to "matches nothing"), and `protochain`, which
  /// loops.
  static base::Result<Expression> compile_for_hook(const std::string& text, FirstHeader first,
                                                   uint32_t snap_bytes = 0);
  /// A program written by hand. Fails as check_classic does.
  static base::Result<Expression> of_program(ClassicProgram program);

  /// The same for packets that all go one way: `matches` then answers `inbound` and `outbound` too.
  Expression for_direction(Direction direction) const;

  /// libpcap's verdict. `captured_bytes` of the packet are at `data`, `wire_bytes` were on the wire.
  bool matches(const uint8_t* data, uint32_t captured_bytes, uint32_t wire_bytes) const {
    if (native_) return native_->run(data, captured_bytes, wire_bytes) != 0;
    return interpret(data, captured_bytes, wire_bytes);
  }
  /// Nothing to ask: every packet matches (an empty expression).
  bool matches_all() const;

  /// The classic BPF program, for those who compile it further or print it.
  ClassicSpan classic() const { return program_; }

 private:
  explicit Expression(ClassicProgram program);
  bool interpret(const uint8_t* data, uint32_t captured_bytes, uint32_t wire_bytes) const;

  ClassicProgram program_;
  std::unique_ptr<NativeFilter> native_;  // empty: interpreted
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
