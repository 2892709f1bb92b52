// SPDX-License-Identifier: Apache-2.0
#include "flow/field.h"

#include <array>

#include "base/clock.h"
#include "flow/community_id.h"
#include "flow/flow_text.h"

namespace weir::flow {
namespace {

using Number = std::optional<uint64_t>;
using End = FlowEnd FlowRecord::*;

constexpr uint8_t kTcp = 6;

bool is_tcp(const FlowRecord& record) {
  return record.protocol == kTcp && record.has_ports;
}

bool append(std::string& to, std::string_view text) {
  to += text;
  return !text.empty();
}

bool append_address(std::string& to, const decode::IpAddress& address) {
  char text[decode::kAddressTextBytes];
  to.append(text, decode::write_address(address, text));
  return true;
}

bool append_flags(std::string& to, uint8_t flags) {
  char letters[kTcpFlagsBytes];
  return append(to, {letters, static_cast<size_t>(write_tcp_flags(letters, flags) - letters)});
}

// One reader for both ends: the end is a template argument, so that each field's reader is a plain function.

template <End end>
bool address(const FlowRecord& record, std::string& to) {
  return append_address(to, (record.*end).address);
}
template <End end>
Number port(const FlowRecord& record) {
  return record.has_ports ? Number((record.*end).port) : std::nullopt;
}
template <End end, uint64_t FlowEnd::*counter>
Number counted(const FlowRecord& record) {
  return record.*end.*counter;
}
template <End end, uint64_t FlowEnd::*counter>
Number tcp_counted(const FlowRecord& record) {
  return is_tcp(record) ? Number(record.*end.*counter) : std::nullopt;
}
template <End end>
bool nat_address(const FlowRecord& record, std::string& to) {
  const auto& nat = (record.*end).nat_address;
  return nat && append_address(to, *nat);
}
template <End end>
Number nat_port(const FlowRecord& record) {
  const FlowEnd& nat = record.*end;
  return nat.nat_address && record.has_ports ? Number(nat.nat_port) : std::nullopt;
}
template <End end>
Number pid(const FlowRecord& record) {
  const auto& process = (record.*end).process;
  return process && process->pid != 0 ? Number(process->pid) : std::nullopt;
}
template <End end>
Number user(const FlowRecord& record) {
  const auto& process = (record.*end).process;
  const bool known = process && process->pid != 0 && process->uid != decode::kUnknownUser;
  return known ? Number(process->uid) : std::nullopt;
}
template <End end>
Number cgroup_id(const FlowRecord& record) {
  const auto& process = (record.*end).process;
  return process && process->cgroup_id != 0 ? Number(process->cgroup_id) : std::nullopt;
}
template <End end, std::string decode::Process::*word>
bool of_process(const FlowRecord& record, std::string& to) {
  const auto& process = (record.*end).process;
  return process && append(to, *process.*word);
}
template <End end>
bool flags(const FlowRecord& record, std::string& to) {
  return is_tcp(record) && append_flags(to, (record.*end).tcp_flags);
}

constexpr End kSource = &FlowRecord::source;
constexpr End kDestination = &FlowRecord::destination;

// What asks about the flow as a whole takes the source's owner, else the destination's.

template <Number (*source)(const FlowRecord&), Number (*destination)(const FlowRecord&)>
Number either(const FlowRecord& record) {
  const Number first = source(record);
  return first ? first : destination(record);
}
template <bool (*source)(const FlowRecord&, std::string&),
          bool (*destination)(const FlowRecord&, std::string&)>
bool either(const FlowRecord& record, std::string& to) {
  return source(record, to) || destination(record, to);
}
template <uint64_t FlowEnd::*counter>
Number both(const FlowRecord& record) {
  return record.source.*counter + record.destination.*counter;
}

Number start(const FlowRecord& record) {
  return static_cast<uint64_t>(record.start_ns);
}
Number end(const FlowRecord& record) {
  return static_cast<uint64_t>(record.end_ns);
}
Number duration(const FlowRecord& record) {
  return record.end_ns > record.start_ns ? static_cast<uint64_t>(record.end_ns - record.start_ns) : 0;
}
Number part(const FlowRecord& record) {
  return record.part;
}
Number protocol_number(const FlowRecord& record) {
  return record.protocol;
}
Number netns(const FlowRecord& record) {
  return record.netns;
}
Number icmp_id(const FlowRecord& record) {
  return record.icmp_id;
}
Number icmp_type(const FlowRecord& record) {
  return record.icmp_type;
}
Number icmp_code(const FlowRecord& record) {
  return record.icmp_code;
}
Number handshake(const FlowRecord& record) {
  return record.handshake_ns;
}
Number smoothed(const FlowRecord& record) {
  return record.srtt_ns;
}

bool state(const FlowRecord& record, std::string& to) {
  return append(to, to_string(record.state));
}
bool partial(const FlowRecord& record, std::string& to) {
  return record.partial && append(to, "true");
}
bool icmp_error(const FlowRecord& record, std::string& to) {
  return record.icmp_error && append(to, "true");
}
bool network_type(const FlowRecord& record, std::string& to) {
  return append(to, record.source.address.version == 6 ? "ipv6" : "ipv4");
}
bool transport(const FlowRecord& record, std::string& to) {
  const std::string_view name = transport_name(record.protocol);
  return append(to, name.empty() ? std::to_string(record.protocol) : name);
}
bool community(const FlowRecord& record, std::string& to) {
  char id[kCommunityIdBytes];
  write_community_id(record, 0, id);
  return append(to, {id, sizeof id});
}
bool interfaces(const FlowRecord& record, std::string& to) {
  for (const std::string& name : record.interfaces) {
    if (&name != &record.interfaces.front()) to += ',';
    to += name;
  }
  return !record.interfaces.empty();
}

constexpr Field text(std::string_view name, std::string_view alias,
                     bool (*read)(const FlowRecord&, std::string&), std::string_view meaning) {
  return {name, alias, FieldKind::text, nullptr, read, meaning};
}
constexpr Field number(std::string_view name, std::string_view alias, Number (*read)(const FlowRecord&),
                       std::string_view meaning, FieldKind kind = FieldKind::number) {
  return {name, alias, kind, read, nullptr, meaning};
}

constexpr auto kExecutable = &decode::Process::executable;
constexpr auto kComm = &decode::Process::comm;
constexpr auto kCgroupPath = &decode::Process::cgroup_path;
constexpr auto kContainer = &decode::Process::container_id;

constexpr std::array kFields = {
    number("time", "", end, "when the record was true: its last packet", FieldKind::time),
    text("source.address", "source", address<kSource>, "the initiator"),
    number("source.port", "", port<kSource>, ""),
    number("source.packets", "", counted<kSource, &FlowEnd::packets>,
           "sent by the source since the last record"),
    number("source.bytes", "", counted<kSource, &FlowEnd::bytes>, "octets of their IP packets"),
    number("source.retransmits", "", tcp_counted<kSource, &FlowEnd::retransmits>, "TCP segments sent again"),
    text("source.nat.ip", "", nat_address<kSource>, "as on the wire, where NAT changed it"),
    number("source.nat.port", "", nat_port<kSource>, ""),
    number("source.process.pid", "", pid<kSource>, ""),
    text("source.process.comm", "", of_process<kSource, kComm>, ""),
    text("source.process.executable.name", "", of_process<kSource, kExecutable>, ""),
    number("source.user.id", "", user<kSource>, ""),
    number("source.cgroup.id", "", cgroup_id<kSource>, ""),
    text("source.cgroup.path", "", of_process<kSource, kCgroupPath>, ""),
    text("source.container.id", "", of_process<kSource, kContainer>, ""),
    text("destination.address", "destination", address<kDestination>, "the one who was asked"),
    number("destination.port", "port", port<kDestination>, ""),
    number("destination.packets", "", counted<kDestination, &FlowEnd::packets>, "sent by the destination"),
    number("destination.bytes", "", counted<kDestination, &FlowEnd::bytes>, ""),
    number("destination.retransmits", "", tcp_counted<kDestination, &FlowEnd::retransmits>, ""),
    text("destination.nat.ip", "", nat_address<kDestination>, ""),
    number("destination.nat.port", "", nat_port<kDestination>, ""),
    number("destination.process.pid", "", pid<kDestination>, ""),
    text("destination.process.comm", "", of_process<kDestination, kComm>, ""),
    text("destination.process.executable.name", "", of_process<kDestination, kExecutable>, ""),
    number("destination.user.id", "", user<kDestination>, ""),
    number("destination.cgroup.id", "", cgroup_id<kDestination>, ""),
    text("destination.cgroup.path", "", of_process<kDestination, kCgroupPath>, ""),
    text("destination.container.id", "", of_process<kDestination, kContainer>, ""),
    text("network.type", "type", network_type, "ipv4 or ipv6"),
    text("network.transport", "protocol", transport, "tcp, udp, icmp, ...; a number where it has no name"),
    number("network.iana_number", "", protocol_number, "the protocol's number"),
    text("network.community_id", "community_id", community, "as Zeek and Suricata write it"),
    text("network.interface.name", "interface", interfaces, "those crossed"),
    number("network.netns", "netns", netns, "inode number of the network namespace"),
    number("icmp.id", "", icmp_id, "of an echo"),
    number("icmp.type", "", icmp_type, "of the first packet"),
    number("icmp.code", "", icmp_code, ""),
    number("start", "", start, "of the flow", FieldKind::time),
    number("end", "", end, "the last packet of this record", FieldKind::time),
    number("duration_ns", "duration", duration, "from start to end", FieldKind::duration),
    number("part", "", part, "1 for a flow's first record"),
    text("state", "", state, "open, new, established, closed, reset, rejected, timeout, evicted"),
    text("partial", "", partial, "true: began before Weir or the capture"),
    text("icmp_error", "", icmp_error, "true: an ICMP error quoted this flow"),
    text("tcp.flags.source", "", flags<kSource>, "all that were seen"),
    text("tcp.flags.destination", "", flags<kDestination>, ""),
    number("tcp.handshake_ns", "handshake", handshake, "SYN to the first segment after the SYN+ACK",
           FieldKind::duration),
    number("tcp.srtt_ns", "", smoothed, "the kernel's smoothed round trip", FieldKind::duration),
    number("tcp.zero_windows.source", "", tcp_counted<kSource, &FlowEnd::zero_windows>,
           "windows of 0 announced"),
    number("tcp.zero_windows.destination", "", tcp_counted<kDestination, &FlowEnd::zero_windows>, ""),
    number("tcp.resets.source", "", tcp_counted<kSource, &FlowEnd::resets>, ""),
    number("tcp.resets.destination", "", tcp_counted<kDestination, &FlowEnd::resets>, ""),
    number("packets", "", both<&FlowEnd::packets>, "both ways"),
    number("bytes", "", both<&FlowEnd::bytes>, "both ways"),
    number("retransmits", "", both<&FlowEnd::retransmits>, "both ways"),
    number("rtt", "", round_trip_ns, "tcp.srtt_ns, else tcp.handshake_ns", FieldKind::duration),
    number("pid", "", either<pid<kSource>, pid<kDestination>>, "the source's, else the destination's"),
    text("process", "executable",
         either<of_process<kSource, kExecutable>, of_process<kDestination, kExecutable>>,
         "the source's, else the destination's"),
    text("comm", "", either<of_process<kSource, kComm>, of_process<kDestination, kComm>>,
         "the source's, else the destination's"),
    number("uid", "user", either<user<kSource>, user<kDestination>>, "the source's, else the destination's"),
    text("cgroup", "", either<of_process<kSource, kCgroupPath>, of_process<kDestination, kCgroupPath>>,
         "the source's, else the destination's"),
    text("container", "", either<of_process<kSource, kContainer>, of_process<kDestination, kContainer>>,
         "the source's, else the destination's"),
};

}  // namespace

std::optional<uint64_t> round_trip_ns(const FlowRecord& record) {
  return record.srtt_ns ? record.srtt_ns : record.handshake_ns;
}

std::span<const Field> fields() {
  return kFields;
}

const Field* find_field(std::string_view word) {
  if (word.empty()) return nullptr;
  for (const Field& field : kFields)
    if (field.name == word || field.alias == word) return &field;
  return nullptr;
}

bool append_field(const Field& field, const FlowRecord& record, std::string& to) {
  if (field.text) return field.text(record, to);
  const Number value = field.number(record);
  if (!value) return false;
  if (field.kind == FieldKind::time) {
    char text[base::kRfc3339Bytes];
    base::write_rfc3339(static_cast<int64_t>(*value), text);
    to.append(text, sizeof text);
  } else {
    to += std::to_string(*value);
  }
  return true;
}

}  // namespace weir::flow
