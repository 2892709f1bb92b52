// SPDX-License-Identifier: Apache-2.0
// Which packets of a file are wanted: the expression compiled for each link type, or the hand-written program
// for all of them.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "filter/expression.h"
#include "source/capture_file.h"

namespace weir::app {

/// Reads and checks --classic's file. Fails with bad_input: file, line and column, and what is wrong.
base::Result<filter::Expression> read_classic_file(const std::string& path);

class PacketFilter {
 public:
  /// `classic_file` empty: `expression`. Fails with bad_input.
  static base::Result<PacketFilter> create(const std::string& expression, const std::string& classic_file);

  /// Takes in what is new in `interfaces`, before their packets are asked about. Fails with bad_input where
  /// the expression cannot be compiled for a link type.
  base::Result<> learn(const std::vector<source::CaptureInterface>& interfaces);

  bool wants(const source::CapturedPacket& packet) const {
    const filter::Expression* expression = expressions_[packet.interface];
    return expression == nullptr ||
           expression->matches(packet.data, packet.captured_bytes, packet.wire_bytes);
  }

 private:
  explicit PacketFilter(std::string expression)
      : everything_(expression.empty()), set_(std::move(expression)) {}

  bool everything_;  // nothing to compile, also for link types that libpcap does not know
  filter::ExpressionSet set_;
  std::vector<filter::Expression> program_;             // one, or none
  std::vector<const filter::Expression*> expressions_;  // by interface; null: every packet is wanted
};

}  // namespace weir::app
