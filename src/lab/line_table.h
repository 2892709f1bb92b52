// SPDX-License-Identifier: Apache-2.0
// Instruction of a loaded program -> function, file and line of its source, from the object's BTF (.BTF.ext):
// older kernels name no lines in the verifier's log.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "lab/object_functions.h"

namespace weir::lab {

struct SourceLine {
  uint32_t instruction = 0;  // from this one on
  std::string function;
  std::string file;
  uint32_t line = 0;
  uint32_t column = 0;
  std::string text;
};

class LineTable {
 public:
  LineTable() = default;
  explicit LineTable(std::vector<SourceLine> lines) : lines_(std::move(lines)) {}
  /// Of one program of `object`; several of one object share an ObjectLines.
  static LineTable of(std::span<const std::byte> object, const std::vector<PlacedFunction>& placed);

  /// nullptr where nothing is known.
  const SourceLine* at(uint32_t instruction) const;
  const std::vector<SourceLine>& lines() const { return lines_; }

 private:
  std::vector<SourceLine> lines_;  // by instruction
};

/// The lines of a whole object, read once.
class ObjectLines {
 public:
  /// Empty where it was compiled without -g. Lines beyond kMostLines are left out.
  static constexpr size_t kMostLines = size_t{1} << 20;
  static ObjectLines of(std::span<const std::byte> object);
  ObjectLines(ObjectLines&&) noexcept;
  ~ObjectLines();

  LineTable of_program(const std::vector<PlacedFunction>& placed) const;

 private:
  struct State;
  explicit ObjectLines(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace weir::lab
