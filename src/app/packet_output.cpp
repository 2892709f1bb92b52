// SPDX-License-Identifier: Apache-2.0
#include "app/packet_output.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <string>
#include <utility>

#include "config/help.h"
#include "decode/packet.h"
#include "sink/packet_path.h"

namespace weir::app {
namespace {

using config::PacketsOptions;
using decode::PacketDirection;
using decode::PacketRecord;

/// A file's packets wait for names as long; live ones never.
constexpr std::chrono::milliseconds kFilePatience(1000);

/// `from` names the same things in the same order, checked below at both ends.
template <class To, class From>
To as(From from) {
  return static_cast<To>(static_cast<int>(from));
}
static_assert(static_cast<int>(config::PacketsTime::none) == static_cast<int>(sink::PacketTime::none) &&
              static_cast<int>(config::PacketsTime::epoch) == static_cast<int>(sink::PacketTime::epoch) &&
              static_cast<int>(config::PacketsTime::date) == static_cast<int>(sink::PacketTime::date) &&
              static_cast<int>(config::PacketsTime::since_first) ==
                  static_cast<int>(sink::PacketTime::since_first));
static_assert(static_cast<int>(config::PacketsDump::hex) == static_cast<int>(sink::PacketDump::hex) &&
              static_cast<int>(config::PacketsDump::hex_ascii) ==
                  static_cast<int>(sink::PacketDump::hex_ascii) &&
              static_cast<int>(config::PacketsDump::ascii_with_link) ==
                  static_cast<int>(sink::PacketDump::ascii_with_link));

sink::PacketTextOptions text_options(const PacketsOptions& options, bool show_interfaces) {
  sink::PacketTextOptions text;
  text.time = as<sink::PacketTime>(options.time);
  text.nanoseconds = options.nanoseconds;
  text.number = options.number;
  text.link_header = options.link_header;
  text.quiet = options.quiet;
  text.verbosity = options.verbosity;
  text.verify_checksums = options.verify_checksums;
  text.absolute_sequences = options.absolute_sequences;
  text.interfaces = show_interfaces;
  text.dump = as<sink::PacketDump>(options.dump);
  return text;
}

sink::CaptureWriterOptions writer_options(const PacketsOptions& options) {
  sink::CaptureWriterOptions writer;
  writer.path = options.write;
  writer.pcap = options.pcap;
  writer.nanoseconds = !options.microseconds;
  writer.each_packet = options.packet_buffered;
  writer.application = config::version_line();
  while (writer.application.ends_with('\n')) writer.application.pop_back();
  writer.filter = options.expression;
  if (options.snap_bytes < config::kLongestSnap) writer.snap = options.snap_bytes;
  writer.rotation = {options.rotate_bytes, options.rotate_seconds.value_or(0), options.rotate_files};
  writer.rotation_command = options.rotate_command;
  return writer;
}

/// Bytes up to the payload; all of them where the headers cannot be read.
size_t header_bytes(const PacketRecord& record) {
  const auto link = decode::packet_link(record.interface->link_type);
  packet_info info{};
  if (!link || decode::parse_packet(*link, record.data.data(), static_cast<uint32_t>(record.data.size()),
                                    record.wire_bytes, false, info) != PACKET_OK)
    return record.data.size();
  const uint32_t ip_end = info.l3_offset + info.ip_bytes;
  return std::min<size_t>(record.data.size(), ip_end - std::min(ip_end, info.payload_bytes));
}

}  // namespace

base::Result<std::unique_ptr<PacketOutput>> PacketOutput::open(const PacketsOptions& options,
                                                               const PacketOutputFacts& facts) {
  std::unique_ptr<sink::CaptureWriter> writer;
  if (!options.write.empty()) {
    if (options.write == "-" && ::isatty(STDOUT_FILENO) == 1)
      return base::fail(
          base::ErrorKind::bad_input,
          "-w - writes a capture, which a terminal cannot show; send stdout to a file or a program");
    auto opened = sink::CaptureWriter::open(writer_options(options));
    if (!opened) return tl::unexpected<base::Error>(std::move(opened.error()));
    writer = std::move(*opened);
  }
  return std::unique_ptr<PacketOutput>(new PacketOutput(options, facts, std::move(writer)));
}

PacketOutput::PacketOutput(const PacketsOptions& options, const PacketOutputFacts& facts,
                           std::unique_ptr<sink::CaptureWriter> writer)
    : options_(options),
      facts_(facts),
      owners_(options),
      stdout_(STDOUT_FILENO),
      losses_(stdout_),
      writer_(std::move(writer)) {
  sink::PacketTextOptions text = text_options(options, facts.show_interfaces);
  if (options.names) {
    names_ = std::make_unique<AddressNames>(facts.live ? std::chrono::milliseconds(0) : kFilePatience);
    text.name_of = [this](const decode::IpAddress& address) { return names_->name_of(address); };
  }
  if (options.output == config::PacketsOutput::text)
    text_.emplace(std::move(text));
  else if (options.output == config::PacketsOutput::json)
    json_.emplace(stdout_, std::move(text));
}

void PacketOutput::announce(uint32_t interface_index, const decode::PacketInterface& interface) {
  if (writer_) writer_->announce(interface_index, interface);
  if (!text_ || interfaces_.size() > 1 || interface.name.empty()) return;
  if (std::find(interfaces_.begin(), interfaces_.end(), interface.name) != interfaces_.end()) return;
  interfaces_.push_back(interface.name);
  if (interfaces_.size() > 1) text_->show_interfaces();
}

bool PacketOutput::wants(const PacketRecord& record) {
  if (options_.direction != config::PacketsDirection::both && !facts_.live) {
    if (record.direction == PacketDirection::unknown) {
      ++counts_.no_direction;
      return false;
    }
    const bool inbound = record.direction == PacketDirection::inbound;
    if (inbound != (options_.direction == config::PacketsDirection::in)) {
      ++counts_.other_direction;
      return false;
    }
  }
  if (!wants_owners(record)) {
    ++counts_.other_owner;
    return false;
  }
  return true;
}

bool PacketOutput::wants_owners(const PacketRecord& record) {
  if (!record.other_end || owners_.empty()) return owners_.wants(record.process.get());
  ends_.source.process = record.process;
  ends_.destination.process = record.other_end;
  return owners_.wants(ends_);
}

/// A capture file has no field for a packet's path, and names one owner.
const PacketRecord& PacketOutput::for_file(const PacketRecord& record) {
  if (record.path.size() < 2 && !record.other_end) return record;
  filed_ = record;
  if (record.path.size() > 1 && !options_.pcap) filed_.comments.push_back(sink::path_comment(record.path));
  if (!record.process && record.other_end) {
    // He is not at the end that the direction would say.
    filed_.process = record.other_end;
    filed_.direction = PacketDirection::unknown;
  }
  return filed_;
}

const PacketRecord& PacketOutput::cut(const PacketRecord& record) {
  if (facts_.live) return record;
  size_t bytes = std::min<size_t>(record.data.size(), options_.snap_bytes);
  if (options_.headers_only) bytes = std::min(bytes, header_bytes(record));
  if (bytes == record.data.size()) return record;
  shortened_ = record;
  shortened_.data = record.data.first(bytes);
  return shortened_;
}

void PacketOutput::put(const PacketRecord& record) {
  if (text_) stdout_.append(text_->line(record));
  if (json_) json_->write(record);
  if (options_.line_buffered && (text_ || json_)) static_cast<void>(stdout_.flush());
}

bool PacketOutput::failed() const {
  return stdout_.failed() || (writer_ && writer_->error());
}

PacketOutput::Step PacketOutput::write(const PacketRecord& seen) {
  if (options_.count && counts_.written == *options_.count) return Step::stop;
  if (!wants(seen)) return Step::go_on;
  const PacketRecord& record = cut(seen);
  if (writer_ && !writer_->write(for_file(record))) return Step::stop;
  put(record);
  ++counts_.written;
  const bool enough = options_.count && counts_.written == *options_.count;
  return enough || stdout_.failed() ? Step::stop : Step::go_on;
}

void PacketOutput::write(const flow::LossRecord& loss) {
  if (json_) losses_.write(loss);
}

PacketOutput::Step PacketOutput::idle() {
  static_cast<void>(stdout_.flush());
  if (writer_) writer_->flush();
  const bool enough = options_.count && counts_.written == *options_.count;
  return enough || failed() || (writer_ && writer_->full()) ? Step::stop : Step::go_on;
}

base::Result<> PacketOutput::finish(const sink::CaptureEnd& end) {
  base::Result<> written = stdout_.flush();
  if (writer_) {
    auto file = writer_->finish(end);
    if (!file && (written || written.error().system_errno == EPIPE)) written = std::move(file);
  }
  reader_has_gone_ = !written && written.error().system_errno == EPIPE;
  if (reader_has_gone_) return {};
  return written;
}

PacketOutputCounts PacketOutput::counts() const {
  PacketOutputCounts counts = counts_;
  if (text_) counts.forgotten = text_->forgotten_connections();
  if (json_) counts.forgotten = json_->forgotten_connections();
  if (writer_) {
    const sink::CaptureCounters file = writer_->counters();
    counts.file_lost = file.lost;
    counts.cut = file.cut;
    counts.commands_failed = file.commands_failed;
  }
  return counts;
}

}  // namespace weir::app
