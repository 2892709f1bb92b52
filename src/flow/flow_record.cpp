// SPDX-License-Identifier: Apache-2.0
#include "flow/flow_record.h"

namespace weir::flow {

const char* to_string(FlowState state) {
  switch (state) {
    case FlowState::open:
      return "open";
    case FlowState::fresh:
      return "new";
    case FlowState::established:
      return "established";
    case FlowState::closed:
      return "closed";
    case FlowState::reset:
      return "reset";
    case FlowState::rejected:
      return "rejected";
    case FlowState::timeout:
      return "timeout";
    case FlowState::evicted:
      return "evicted";
  }
  return "unknown";
}

}  // namespace weir::flow
