// SPDX-License-Identifier: Apache-2.0
#include "app/packet_filter.h"

#include <utility>

#include "app/small_file.h"
#include "filter/classic_assembler.h"

namespace weir::app {

base::Result<filter::Expression> read_classic_file(const std::string& path) {
  auto text = read_small_file(path);
  if (!text) return tl::unexpected<base::Error>(std::move(text.error()));
  auto program = filter::assemble_classic(*text);
  if (!program) return base::fail_within(std::move(program.error()), path);
  auto expression = filter::Expression::of_program(std::move(*program));
  if (!expression) return base::fail_within(std::move(expression.error()), path);
  return expression;
}

base::Result<PacketFilter> PacketFilter::create(const std::string& expression,
                                                const std::string& classic_file) {
  PacketFilter filter(expression);
  if (!classic_file.empty()) {
    auto program = read_classic_file(classic_file);
    if (!program) return tl::unexpected<base::Error>(std::move(program.error()));
    filter.program_.push_back(std::move(*program));
  }
  return filter;
}

base::Result<> PacketFilter::learn(const std::vector<source::CaptureInterface>& interfaces) {
  while (expressions_.size() < interfaces.size()) {
    const filter::Expression* expression = nullptr;
    if (!program_.empty()) {
      expression = &program_.front();
    } else if (!everything_) {
      auto compiled = set_.of(interfaces[expressions_.size()].link_type);
      if (!compiled) return tl::unexpected<base::Error>(std::move(compiled.error()));
      expression = *compiled;
    }
    expressions_.push_back(expression != nullptr && expression->matches_all() ? nullptr : expression);
  }
  return {};
}

}  // namespace weir::app
