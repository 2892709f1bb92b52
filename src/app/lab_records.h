// SPDX-License-Identifier: Apache-2.0
// Programs, maps and links as JSON, with bpftool's names; and who holds them in a few words.
#pragma once

#include <string>

#include "lab/json_record.h"
#include "lab/link_details.h"
#include "lab/map_info.h"
#include "lab/object_holders.h"
#include "lab/program_details.h"

namespace weir::app {

/// "curl/4121 +2 /sys/fs/bpf/x"
std::string shown_holders(const lab::Held& held);
/// "pids", "more_pids", "pinned"
void put_holders(lab::JsonRecord& record, const lab::Held& held);

lab::JsonRecord program_record(const lab::ProgramDetails& one, const lab::Held& held,
                               const std::string& attached);
lab::JsonRecord map_record(const lab::MapInfo& one, const lab::Held& held);
lab::JsonRecord link_record(const lab::LinkDetails& one, const lab::Held& held);

/// "2026-11-21 19:40:50", UTC
std::string seconds_text(int64_t unix_ns);

}  // namespace weir::app
