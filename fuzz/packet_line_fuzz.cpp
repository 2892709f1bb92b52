// SPDX-License-Identifier: Apache-2.0
// Any bytes, as packets of any link type: their lines and JSON are bounded, whole and hold nothing that a
// terminal obeys, with each letter that changes them.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/unique_fd.h"
#include "decode/packet_record.h"
#include "sink/output_buffer.h"
#include "sink/packet_json.h"
#include "sink/packet_text.h"

namespace {

using namespace weir;

constexpr uint32_t kLinkTypes[] = {0, 1, 9, 12, 50, 51, 101, 104, 108, 113, 228, 229, 276, 9999};
constexpr size_t kHeadBytes = 8;
constexpr size_t kMostBytes = 2048;
constexpr size_t kMostText = sink::kPacketTextLimit + 64 * 1024;

void require(bool condition) {
  if (!condition) std::abort();
}

sink::PacketTextOptions options_of(const uint8_t* head) {
  sink::PacketTextOptions options;
  options.time = static_cast<sink::PacketTime>(head[0] % 6);
  options.dump = static_cast<sink::PacketDump>(head[1] % 7);
  options.verbosity = head[2] % 4;
  options.nanoseconds = head[3] & 1;
  options.number = head[3] & 2;
  options.link_header = head[3] & 4;
  options.quiet = head[3] & 8;
  options.verify_checksums = head[3] & 16;
  options.absolute_sequences = head[3] & 32;
  options.interfaces = head[3] & 64;
  return options;
}

/// Line ends, tabs and printable bytes: no escape sequence can begin.
bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char character) {
    const auto byte = static_cast<uint8_t>(character);
    return character == '\n' || character == '\t' || character == '\r' || (byte >= 0x20 && byte != 0x7f);
  });
}

/// What was written to the output, which is emptied.
std::string taken(int fd) {
  const off_t size = ::lseek(fd, 0, SEEK_CUR);
  std::string text(static_cast<size_t>(std::max<off_t>(size, 0)), '\0');
  require(::pread(fd, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
  require(::ftruncate(fd, 0) == 0 && ::lseek(fd, 0, SEEK_SET) == 0);
  return text;
}

void check_json(const std::string& text) {
  require(text.starts_with(R"({"type":"packet","time":")") && text.ends_with("\"}\n"));
  require(std::count(text.begin(), text.end(), '\n') == 1);
  require(std::none_of(text.begin(), text.end() - 1,
                       [](char character) { return static_cast<uint8_t>(character) < 0x20; }));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const base::UniqueFd memory(::memfd_create("packet_line_fuzz", MFD_CLOEXEC));
  if (size < kHeadBytes) return 0;
  const uint8_t* frame = data + kHeadBytes;
  const size_t frame_bytes = std::min(size - kHeadBytes, kMostBytes);

  decode::PacketInterface interface;
  interface.name.assign(reinterpret_cast<const char*>(frame), std::min<size_t>(frame_bytes, 6));
  interface.link_type = kLinkTypes[data[4] % std::size(kLinkTypes)];
  auto process = std::make_shared<decode::Process>();
  process->pid = 1;
  process->executable = interface.name;
  process->container_id = interface.name;

  decode::PacketRecord record;
  record.time_ns = static_cast<int64_t>(data[5]) << 55 | data[6];
  record.interface = &interface;
  record.direction = static_cast<decode::PacketDirection>(data[7] % 3);
  record.point = (data[7] & 4) != 0 ? decode::CapturePoint::tc : decode::CapturePoint::file;
  record.process = process;
  record.comments = {interface.name};

  sink::PacketText text(options_of(data));
  sink::OutputBuffer output(memory.get(), 4096);
  sink::PacketJson json(output, options_of(data));
  // The whole, then half of it: what the connection's memory makes of a cut packet.
  for (const size_t captured : {frame_bytes, frame_bytes / 2}) {
    record.data = {frame, captured};
    record.wire_bytes = static_cast<uint32_t>(frame_bytes + data[6]);
    const std::string_view line = text.line(record);
    require(line.ends_with('\n') && line.size() < kMostText && is_plain(line));
    json.write(record);
    require(output.flush().has_value());
    check_json(taken(memory.get()));
  }
  return 0;
}
