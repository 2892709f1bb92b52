// SPDX-License-Identifier: Apache-2.0
// `A or B or C or …`, told apart: libpcap's optimiser takes the cube of their number in time (minutes for
// 1,000 hosts), and each packet's verdict is the same when they are compiled a few at a time.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "filter/classic_program.h"

namespace weir::filter {

/// Expressions of at most `most` alternatives each whose disjunction in this order is `expression`: of
/// `A or B or …`, and of `CONDITION and (A or B or …)`. The expression itself where it is something else,
/// where an alternative takes its qualifier from the one before (`host a or b`), or changes what those behind
/// it mean
/// (`vlan`).
std::vector<std::string> alternatives(std::string_view expression, size_t most);

/// The program that accepts what one of `programs` accepts: each but the last goes on with the next instead
/// of rejecting. A load beyond the packet rejects in the middle of any, as it does in one program.
ClassicProgram any_of(const std::vector<ClassicProgram>& programs);

}  // namespace weir::filter
