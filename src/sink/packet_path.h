// SPDX-License-Identifier: Apache-2.0
// A packet's way from point to point, and what changed of its headers there, as text and as JSON.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "decode/packet_record.h"
#include "sink/packet_writer.h"

namespace weir::sink {

/// " (+12.3 us, ttl 64>63, source.port 51514>1024)"
void put_hop(PacketWriter& text, const decode::PacketHop& hop);
/// "\n\ttc veth0 In" for each point, behind the second and later ones "+12.3 us, ttl 64>63".
void put_path(PacketWriter& text, std::span<const decode::PacketStep> path);
/// "path: tc veth0 In; tc veth1 Out +12.3 us, ttl 64>63": a capture file's comment.
std::string path_comment(std::span<const decode::PacketStep> path);

/// The most bytes that write_json_hop and write_json_path write.
inline constexpr size_t kJsonHopBytes = 1536;
size_t json_path_bound(std::span<const decode::PacketStep> path);
/// `,"after_ns":12300,"changed":[{"field":"ttl","from":64,"to":63}]`; returns the end, as the other does.
char* write_json_hop(char* to, const decode::PacketHop& hop);
/// `,"path":[{"point":"tc","interface":"veth0","direction":"ingress"},...]`, nothing for an empty one.
char* write_json_path(char* to, std::span<const decode::PacketStep> path);

}  // namespace weir::sink
