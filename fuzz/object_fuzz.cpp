// SPDX-License-Identifier: Apache-2.0
// Any bytes as an object file: its functions, their calls and lines are read without harm, and each function
// is placed once.
#include <cstdint>
#include <cstdlib>
#include <set>
#include <span>
#include <utility>

#include "lab/line_table.h"
#include "lab/object_functions.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace weir;
  const std::span bytes(reinterpret_cast<const std::byte*>(data), size);
  const auto contents = lab::read_object(bytes);
  if (!contents) return 0;
  const lab::ObjectLines lines = lab::ObjectLines::of(bytes);
  size_t programs = 0;
  for (const lab::ObjectFunction& function : contents->functions) {
    if (++programs > 8) break;
    const auto placed = contents->placed(function.section, function.name);
    std::set<std::pair<uint32_t, uint32_t>> seen;
    for (const lab::PlacedFunction& one : placed)
      if (one.function.count > 0 && !seen.emplace(one.function.section_number, one.function.first).second)
        std::abort();
    const lab::LineTable table = lines.of_program(placed);
    table.at(0);
    table.at(UINT32_MAX);
  }
  return 0;
}
