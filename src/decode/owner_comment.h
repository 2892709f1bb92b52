// SPDX-License-Identifier: Apache-2.0
// A packet's owner as the text of pcapng comments, in the keys that ptcpdump writes and reads. Knows no
// blocks and no options.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "decode/process.h"

namespace weir::decode {

/// Lines "Key: value": PID, Cmd, UserId, ContainerId as in ptcpdump; and Comm, StartTime (nanoseconds after
/// boot), CgroupId, Cgroup, which ptcpdump passes over. Only what is known. Valid UTF-8 of at most 65000
/// bytes: control characters, backslashes, spaces at the ends and what is not UTF-8 become \ooo. Empty for a
/// process without pid.
std::string owner_comment(const Process& process);

struct OwnerComments {
  std::optional<Process> process;     // empty: no PID in the comments
  std::optional<uint32_t> thread_id;  // ThreadId, TID
  std::vector<std::string>
      remaining;  // the comments without the lines that became fields; empty ones left out
};

/// The inverse of `owner_comment`, for ptcpdump's files too. Without a line "PID: n" in them the comments
/// stay as they are, but for thread ids.
OwnerComments read_owner(const std::vector<std::string_view>& comments);

/// The thread of a comment that is "ThreadId: n" and nothing else.
std::optional<uint32_t> thread_of(std::string_view comment);

}  // namespace weir::decode
