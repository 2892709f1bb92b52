// SPDX-License-Identifier: Apache-2.0
// A slot of the table as the record that users see.
#pragma once

#include <span>
#include <string>

#include "flow/flow_record.h"
#include "flow/flow_slot.h"
#include "flow/owner_table.h"

namespace weir::flow {

FlowState end_state(End end);
/// Overwrites all of `record` (its buffers are kept for the next one).
void fill_record(const FlowSlot& flow, FlowState state, std::span<const std::string> interface_names,
                 const OwnerTable& owners, FlowRecord& record);
/// What the flow's next record counts begins here.
void begin_part(FlowSlot& flow);

}  // namespace weir::flow
