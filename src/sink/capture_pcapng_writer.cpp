// SPDX-License-Identifier: Apache-2.0
#include "sink/capture_pcapng_writer.h"

#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "decode/capture_options.h"
#include "decode/owner_comment.h"
#include "sink/capture_block.h"

namespace weir::sink {
namespace {

using decode::PacketRecord;

enum BlockType : uint32_t {
  kInterfaceBlock = 1,
  kNamesBlock = 4,
  kStatisticsBlock = 5,
  kPacketBlock = 6,
  kSectionBlock = 0x0a0d0d0a,
};
enum SectionOption : uint16_t { kHardware = 2, kSystem = 3, kApplication = 4 };
enum InterfaceOption : uint16_t {
  kName = 2,
  kDescription = 3,
  kResolution = 9,
  kFilter = 11,
  kInterfaceSystem = 12
};
enum StatisticsOption : uint16_t { kStart = 2, kEnd = 3, kReceived = 4, kDropped = 5, kDelivered = 8 };
enum NameRecord : uint16_t { kNamesEnd = 0, kIpv4 = 1, kIpv6 = 2 };

constexpr uint32_t kByteOrder = 0x1a2b3c4d;
constexpr uint8_t kNanoseconds = 9;           // if_tsresol: 10^-9 s
constexpr size_t kMostTextBytes = 60'000;     // of an option, whose length has 16 bits
constexpr size_t kMostCommentBytes = 524288;  // of a packet in all
constexpr size_t kOwners = 1024;              // a power of 2
constexpr uint32_t kMostInterfaces = 1 << 20;
constexpr size_t kMostNameBytes = 255;
constexpr size_t kNamesOfBlock = 256;
/// Header of the body, all options of a fixed size, the end of options.
constexpr size_t kPacketFixedBytes = CaptureBlock::kFrameBytes + 20 + 8 + 12 + 12 + 16 + 12 + 24 + 4;

std::string_view bounded(std::string_view text) {
  return text.substr(0, kMostTextBytes);
}

}  // namespace

CapturePcapngWriter::CapturePcapngWriter(PcapngOptions options)
    : options_(std::move(options)), owners_(kOwners) {
  utsname name{};
  if (::uname(&name) != 0) return;
  hardware_ = name.machine;
  system_ = std::string(name.sysname) + ' ' + name.release;
}

bool CapturePcapngWriter::begin(CaptureFileWriter& file) {
  for (Interface& interface : interfaces_) interface = {};
  described_ = 0;
  const std::string_view application = bounded(options_.application);
  const size_t most = CaptureBlock::kFrameBytes + 16 + CaptureBlock::option_bytes(hardware_.size()) +
                      CaptureBlock::option_bytes(system_.size()) +
                      CaptureBlock::option_bytes(application.size()) + 4;
  CaptureBlock block(file.room(most), kSectionBlock);
  block.put(kByteOrder);
  block.put(uint16_t{1});
  block.put(uint16_t{0});
  block.put(UINT64_MAX);  // the section's length: not known
  if (!hardware_.empty()) block.option(kHardware, hardware_);
  if (!system_.empty()) block.option(kSystem, system_);
  if (!application.empty()) block.option(kApplication, application);
  block.end_options();
  return file.commit(block.finish(), CaptureFileWriter::Block::other);
}

bool CapturePcapngWriter::add_interface(CaptureFileWriter& file, uint32_t index,
                                        const decode::PacketInterface& interface) {
  if (index >= kMostInterfaces || interface.link_type > UINT16_MAX) {
    error_ =
        base::fail(base::ErrorKind::bad_input, "pcapng has no place for interface " + std::to_string(index) +
                                                   " of link type " + std::to_string(interface.link_type))
            .value();
    return false;
  }
  if (interfaces_.size() <= index) interfaces_.resize(index + 1);
  if (interfaces_[index].id != kAbsent) return !file.error();
  const std::string_view name = bounded(interface.name);
  const std::string_view description = bounded(interface.description);
  const std::string_view filter = bounded(options_.filter);
  const size_t most = CaptureBlock::kFrameBytes + 8 + CaptureBlock::option_bytes(name.size()) +
                      CaptureBlock::option_bytes(description.size()) + CaptureBlock::option_bytes(1) +
                      CaptureBlock::option_bytes(1 + filter.size()) +
                      CaptureBlock::option_bytes(system_.size()) + 4;
  CaptureBlock block(file.room(most), kInterfaceBlock);
  block.put(static_cast<uint16_t>(interface.link_type));
  block.put(uint16_t{0});
  block.put(options_.snap.value_or(interface.snap_bytes));
  if (!name.empty()) block.option(kName, name);
  if (!description.empty()) block.option(kDescription, description);
  block.number_option(kResolution, kNanoseconds);
  if (!filter.empty()) block.option(kFilter, std::string(1, '\0').append(filter));  // 0: the text of libpcap
  if (!system_.empty()) block.option(kInterfaceSystem, system_);
  block.end_options();
  interfaces_[index].id = described_++;
  return file.commit(block.finish(), CaptureFileWriter::Block::other);
}

CapturePcapngWriter::Interface* CapturePcapngWriter::described(CaptureFileWriter& file,
                                                               const PacketRecord& record) {
  const uint32_t index = record.interface_index;
  if (index >= interfaces_.size() || interfaces_[index].id == kAbsent) [[unlikely]] {
    if (!add_interface(file, index, *record.interface)) return nullptr;
  }
  return &interfaces_[index];
}

/// A process writes very many packets: its comment is made once, and again only where two share a place.
const std::string& CapturePcapngWriter::owner_option(const decode::ProcessPtr& process) {
  const auto address = reinterpret_cast<uintptr_t>(process.get());
  OwnerOption& known = owners_[(address >> 4 ^ address >> 14) & (kOwners - 1)];
  if (known.process == process) return known.option;
  known.process = process;
  known.option.clear();
  const std::string comment = decode::owner_comment(*process);
  if (comment.empty()) return known.option;
  known.option.resize(CaptureBlock::option_bytes(comment.size()));
  const uint16_t header[2] = {decode::kOptionComment, static_cast<uint16_t>(comment.size())};
  std::memcpy(known.option.data(), header, sizeof header);
  std::memcpy(known.option.data() + sizeof header, comment.data(), comment.size());
  return known.option;
}

bool CapturePcapngWriter::write(CaptureFileWriter& file, const PacketRecord& record) {
  Interface* const interface = described(file, record);
  if (interface == nullptr) return false;
  const auto captured = static_cast<uint32_t>(std::min<size_t>(record.data.size(), kMostFrameBytes));
  bool cut = captured < record.data.size() || record.time_ns < 0;
  const std::string* owner = record.process ? &owner_option(record.process) : nullptr;
  size_t comments = 0;  // how many of the record's, and their bytes as options
  size_t comment_bytes = 0;
  for (const std::string& comment : record.comments) {
    const size_t bytes = CaptureBlock::option_bytes(bounded(comment).size());
    if (comment_bytes + bytes > kMostCommentBytes) break;
    cut |= comment.size() > kMostTextBytes;
    comment_bytes += bytes;
    ++comments;
  }
  cut |= comments < record.comments.size();
  if (cut) ++cut_;

  const bool is_long = captured >= CaptureFileWriter::kLongBytes;
  CaptureBlock block(file.room(kPacketFixedBytes + (is_long ? 4 : padded_to_4(captured)) +
                               (owner != nullptr ? owner->size() : 0) + comment_bytes),
                     kPacketBlock);
  block.put(interface->id);
  block.put_time(static_cast<uint64_t>(std::max<int64_t>(record.time_ns, 0)));
  block.put(captured);
  block.put(std::max(record.wire_bytes, captured));
  if (is_long)
    block.leave_out(captured);
  else
    block.put_padded(record.data.data(), captured);
  bool options = false;
  if (owner != nullptr && !owner->empty()) {
    block.put_raw(owner->data(), owner->size());
    options = true;
  }
  for (size_t i = 0; i < comments; ++i) {
    block.option(decode::kOptionComment, bounded(record.comments[i]));
    options = true;
  }
  const uint32_t pid = record.process ? record.process->pid : 0;
  if (record.thread_id && *record.thread_id != 0) {
    // Option 8 is newer than most readers; the comment is what they show.
    std::array<char, 24> text{"ThreadId: "};
    const char* const end = std::to_chars(text.data() + 10, text.data() + text.size(), *record.thread_id).ptr;
    block.option(decode::kOptionComment, {text.data(), end});
    block.number_option(decode::kOptionProcessThread, std::array<uint32_t, 2>{pid, *record.thread_id});
    options = true;
  }
  if (record.direction != decode::PacketDirection::unknown) {
    block.number_option(decode::kOptionFlags,
                        record.direction == decode::PacketDirection::inbound ? uint32_t{1} : uint32_t{2});
    options = true;
  }
  if (record.dropped_before) {
    block.number_option(decode::kOptionDropCount, *record.dropped_before);
    options = true;
  }
  if (record.packet_id) {
    block.number_option(decode::kOptionPacketId, *record.packet_id);
    options = true;
  }
  if (record.verdict) {
    std::array<char, 9> value{static_cast<char>(record.verdict->kind)};
    std::memcpy(value.data() + 1, &record.verdict->code, sizeof record.verdict->code);
    block.option(decode::kOptionVerdict, {value.data(), value.size()});
    options = true;
  }
  if (options) block.end_options();

  if (interface->packets++ == 0) interface->first_ns = record.time_ns;
  interface->last_ns = record.time_ns;
  const size_t bytes = block.finish();
  if (is_long)
    return file.commit_around(block.before(), record.data.first(captured), bytes,
                              CaptureFileWriter::Block::packet);
  return file.commit(bytes, CaptureFileWriter::Block::packet);
}

bool CapturePcapngWriter::write_statistics(CaptureFileWriter& file, const Interface& interface,
                                           const InterfaceCounts& counts, const CaptureEnd& end) {
  CaptureBlock block(file.room(CaptureBlock::kFrameBytes + 12 + 5 * 12 + 4), kStatisticsBlock);
  const auto time = [&](const std::optional<int64_t>& given, int64_t seen) -> std::optional<uint64_t> {
    if (!given && interface.packets == 0) return std::nullopt;
    return static_cast<uint64_t>(std::max<int64_t>(given.value_or(seen), 0));
  };
  const auto start_ns = time(end.start_ns, interface.first_ns);
  const auto end_ns = time(end.end_ns, interface.last_ns);
  block.put(interface.id);
  block.put_time(end_ns.value_or(0));
  if (start_ns) block.time_option(kStart, *start_ns);
  if (end_ns) block.time_option(kEnd, *end_ns);
  if (counts.received) block.number_option(kReceived, *counts.received);
  if (counts.dropped) block.number_option(kDropped, *counts.dropped);
  block.number_option(kDelivered, interface.packets);
  block.end_options();
  return file.commit(block.finish(), CaptureFileWriter::Block::other);
}

bool CapturePcapngWriter::write_names(CaptureFileWriter& file, std::span<const HostName> names) {
  const size_t most =
      CaptureBlock::kFrameBytes + 4 +
      names.size() * CaptureBlock::option_bytes(sizeof(decode::IpAddress) + kMostNameBytes + 1);
  CaptureBlock block(file.room(most), kNamesBlock);
  for (const HostName& host : names) {
    const std::string name = host.name.substr(0, std::min(host.name.find('\0'), kMostNameBytes));
    if (name.empty()) continue;
    const bool v4 = host.address.version == 4;
    std::string value(reinterpret_cast<const char*>(host.address.bytes.data()), v4 ? 4 : 16);
    value.append(name.c_str(), name.size() + 1);
    block.option(v4 ? kIpv4 : kIpv6, value);
  }
  block.option(kNamesEnd, {});
  return file.commit(block.finish(), CaptureFileWriter::Block::other);
}

bool CapturePcapngWriter::end(CaptureFileWriter& file, const CaptureEnd& end) {
  for (std::span<const HostName> names = end.names; !names.empty();) {
    const auto some = names.first(std::min(names.size(), kNamesOfBlock));
    if (!write_names(file, some)) return false;
    names = names.subspan(some.size());
  }
  std::vector<InterfaceCounts> counts(interfaces_.size());
  for (const InterfaceCounts& given : end.interfaces) {
    if (given.interface_index < counts.size()) counts[given.interface_index] = given;
  }
  std::vector<size_t> in_file(described_);  // by the file's number
  for (size_t index = 0; index < interfaces_.size(); ++index) {
    if (interfaces_[index].id != kAbsent) in_file[interfaces_[index].id] = index;
  }
  for (const size_t index : in_file) {
    if (!write_statistics(file, interfaces_[index], counts[index], end)) return false;
  }
  return true;
}

}  // namespace weir::sink
