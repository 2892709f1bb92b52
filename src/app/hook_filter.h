// SPDX-License-Identifier: Apache-2.0
// The expression of a live run, as the hooks need it: compiled for what packets begin with there, and as
// instructions for the kernel. Loads nothing.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "filter/expression.h"
#include "kernel/filter_gate.h"
#include "wire/socket.h"

namespace weir::app {

/// What packets begin with at a hook of this kind.
filter::FirstHeader first_header(kernel::FilterPlace place);

/// `program` as the filter that `request` asks for. Fails with unsupported: a load that this hook does not
/// know.
base::Result<std::vector<bpf_insn>> hook_instructions(filter::ClassicSpan program,
                                                      const kernel::FilterRequest& request,
                                                      bool vlan_transparent = false);

class HookFilter {
 public:
  explicit HookFilter(std::string text) : text_(std::move(text)) {}

  bool empty() const { return text_.empty(); }
  /// Fails with bad_input: the expression and the word that is wrong, or that these hooks cannot answer. Once
  /// compiled it stays.
  base::Result<> compile(filter::FirstHeader first);
  /// For FlowsObject::Plan; refers to this. Every header that its requests will need must have been compiled.
  /// Empty where there is nothing to ask: the expression is, or matches every packet.
  kernel::FilterMaker maker() const;

  /// Whether packets of this connection match, as far as its tuple tells: a TCP segment without payload and
  /// with no flag but ACK, in either direction. Compiled for FirstHeader::ip before, or everything matches.
  bool matches(const socket_listing& connection) const;

 private:
  base::Result<std::vector<bpf_insn>> instructions(const kernel::FilterRequest& request) const;

  std::string text_;
  std::optional<filter::Expression> ethernet_, ip_;
  std::optional<filter::Expression> ip_outbound_, ip_inbound_;  // of ip_: for packets that were not captured
};

}  // namespace weir::app
