// SPDX-License-Identifier: Apache-2.0
// Which type the records of a ring or perf buffer have: the kernel does not say, so the object's own structs
// are asked for one of the record's size. Records may be anyone's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "lab/type_set.h"
#include "lab/value_printer.h"

namespace weir::lab {

class RecordTypes {
 public:
  /// `names`: of the structs to choose from, as `find_types` gives them; empty: all that have a name.
  RecordTypes(TypeSet types, std::vector<std::string> names);
  /// No types: records are bytes.
  RecordTypes() = default;

  /// The records of `map` have this type ("struct event", "event_t", "u64"). Fails with bad_input where there
  /// is none of that name.
  base::Result<> choose(const std::string& map, const std::string& type);

  /// All maps with records: a struct that is named as one of them is not taken for another's.
  void tell_maps(std::vector<std::string> maps) { maps_ = std::move(maps); }

  /// `padded`: the record may have up to 7 octets more than its type (a perf buffer's).
  void print(const std::string& map, std::span<const std::byte> record, bool padded, ValueForm form,
             std::string& to);
  /// Where several types fit and no name tells: a sentence, once.
  std::string take_doubt();

 private:
  struct Candidate {
    uint32_t id = 0;
    uint32_t bytes = 0;
    std::string name;  // without "struct "
  };

  std::optional<uint32_t> type_of(const std::string& map, size_t bytes, bool padded);

  std::optional<TypeSet> types_;
  size_t rank(const Candidate& candidate, const std::string& map) const;

  std::vector<Candidate> candidates_;
  std::vector<std::string> maps_;
  std::map<std::string, uint32_t> chosen_;
  std::vector<std::string> doubted_;  // maps
  std::string doubt_;
};

}  // namespace weir::lab
