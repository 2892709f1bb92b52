// SPDX-License-Identifier: Apache-2.0
#include "app/lab_object.h"

#include "lab/object_reference.h"

namespace weir::app {

bool names_object_file(const std::vector<std::string>& words) {
  if (words.size() != 1) return false;
  const std::string& word = words[0];
  return (word.find('/') != std::string::npos || word.ends_with(".o")) && !lab::is_in_bpffs(word);
}

base::Result<base::UniqueFd> open_program(const std::vector<std::string>& words) {
  const auto read = lab::read_reference(words);
  if (!read) return tl::unexpected<base::Error>(read.error());
  return lab::open_object(lab::ObjectKind::program, read->reference);
}

}  // namespace weir::app
