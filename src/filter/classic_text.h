// SPDX-License-Identifier: Apache-2.0
// Classic BPF as tcpdump prints it.
#pragma once

#include <string>

#include "filter/classic_program.h"

namespace weir::filter {

enum class ClassicForm : uint8_t {
  listing,  // -d:   (000) ldh      [12]
  c_array,  // -dd:  { 0x28, 0, 0, 0x0000000c },
  numbers,  // -ddd: the count, then 40 0 0 12
};

/// Lines, each ended by a newline: byte for byte what `tcpdump -d`, `-dd` or `-ddd` prints.
std::string classic_text(ClassicSpan program, ClassicForm form);

}  // namespace weir::filter
