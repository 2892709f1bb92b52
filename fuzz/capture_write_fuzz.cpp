// SPDX-License-Identifier: Apache-2.0
// Any bytes, as records: written as pcapng they read back as what was written, and written again they are the
// same file. The bytes themselves, as a packet's options: no crash, and what they mean stays so when written.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "decode/capture_options.h"
#include "decode/owner_comment.h"
#include "sink/capture_pcapng_writer.h"
#include "source/capture_bytes.h"
#include "source/capture_reader.h"
#include "source/capture_records.h"

namespace {

using namespace weir;

void require(bool condition) {
  if (!condition) std::abort();
}

/// Takes values from the front of the input; zeros when it is used up.
class Input {
 public:
  Input(const uint8_t* data, size_t size) : left_(data, size) {}
  bool empty() const { return left_.empty(); }
  uint64_t number(size_t bytes) {
    uint64_t value = 0;
    for (size_t i = 0; i < bytes && !left_.empty(); ++i) {
      value = value << 8 | left_.front();
      left_ = left_.subspan(1);
    }
    return value;
  }
  std::string text(size_t most) {
    const size_t bytes = std::min<size_t>(number(1) % (most + 1), left_.size());
    std::string text(reinterpret_cast<const char*>(left_.data()), bytes);
    left_ = left_.subspan(bytes);
    return text;
  }

 private:
  std::span<const uint8_t> left_;
};

struct Records {
  std::deque<decode::PacketInterface> interfaces;
  std::deque<std::string> frames;
  std::deque<decode::PacketRecord> all;
};

decode::ProcessPtr process_of(Input& input) {
  auto process = std::make_shared<decode::Process>();
  process->pid = static_cast<uint32_t>(input.number(2)) + 1;
  process->uid = static_cast<uint32_t>(input.number(4));
  process->start_ns = input.number(1);
  process->cgroup_id = input.number(1);
  process->comm = input.text(15);
  process->executable = input.text(40);
  process->executable = process->executable.substr(process->executable.rfind('/') + 1);
  process->cgroup_path = input.text(60);
  process->container_id = input.text(20);
  return process;
}

Records records_of(Input input) {
  Records records;
  for (size_t i = 0; i < 3; ++i) {
    decode::PacketInterface interface;
    interface.name = input.text(8);
    interface.description = input.text(8);
    interface.link_type = static_cast<uint32_t>(input.number(2));
    interface.snap_bytes = static_cast<uint32_t>(input.number(4));
    records.interfaces.push_back(std::move(interface));
  }
  while (!input.empty() && records.all.size() < 100) {
    decode::PacketRecord record;
    const uint64_t told = input.number(1);
    records.frames.push_back(input.text(255));
    if (told & 128)
      records.frames.back().resize(sink::CaptureFileWriter::kLongBytes - 1 + input.number(1) % 4, 'x');
    record.data = {reinterpret_cast<const uint8_t*>(records.frames.back().data()),
                   records.frames.back().size()};
    record.wire_bytes = static_cast<uint32_t>(record.data.size() + input.number(2));
    record.time_ns = static_cast<int64_t>(input.number(8) >> 1);
    record.interface_index = static_cast<uint32_t>(input.number(1) % 3);
    record.interface = &records.interfaces[record.interface_index];
    record.direction = static_cast<decode::PacketDirection>(input.number(1) % 3);
    if (told & 1) record.packet_id = input.number(8);
    if (told & 2) record.dropped_before = input.number(8);
    if (told & 4) {
      record.verdict =
          decode::PacketVerdict{static_cast<decode::PacketVerdict::Kind>(1 + input.number(1) % 2),
                                static_cast<int64_t>(input.number(8))};
    }
    if (told & 8) record.process = process_of(input);
    if (told & 16) record.thread_id = static_cast<uint32_t>(input.number(4) | 1);
    // Words that mean a field become that field: comments of the user's own have no such key.
    if (told & 32) {
      std::string comment = input.text(200);
      std::replace(comment.begin(), comment.end(), ':', ';');
      record.comments.push_back(comment);
    }
    records.all.push_back(std::move(record));
  }
  return records;
}

/// The interface's number in the file is the order of appearance, so all are announced.
template <class Range>
std::string write(const std::deque<decode::PacketInterface>& interfaces, const Range& records) {
  base::UniqueFd fd(::memfd_create("capture", MFD_CLOEXEC));
  base::UniqueFd again(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 3));
  sink::CaptureFileWriter file(std::move(fd), "memory");
  sink::CapturePcapngWriter writer({.application = "fuzz", .filter = ""});
  require(writer.begin(file));
  for (uint32_t i = 0; i < interfaces.size(); ++i) require(writer.add_interface(file, i, interfaces[i]));
  for (const decode::PacketRecord& record : records) require(writer.write(file, record));
  require(writer.end(file, {}) && file.flush());
  require(writer.cut() == 0);
  std::string bytes(file.bytes(), '\0');
  require(::pread(again.get(), bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
  return bytes;
}

bool same(const decode::ProcessPtr& a, const decode::ProcessPtr& b) {
  if (!a || !b) return !a && !b;
  return a->pid == b->pid && a->uid == b->uid && a->start_ns == b->start_ns && a->cgroup_id == b->cgroup_id &&
         a->comm == b->comm && a->executable == b->executable && a->cgroup_path == b->cgroup_path &&
         a->container_id == b->container_id;
}

void compare(const decode::PacketRecord& a, const decode::PacketRecord& b) {
  require(a.time_ns == b.time_ns && a.wire_bytes == b.wire_bytes && a.direction == b.direction);
  require(std::equal(a.data.begin(), a.data.end(), b.data.begin(), b.data.end()));
  require(a.packet_id == b.packet_id && a.dropped_before == b.dropped_before && a.thread_id == b.thread_id);
  require(a.verdict.has_value() == b.verdict.has_value());
  if (a.verdict) require(a.verdict->kind == b.verdict->kind && a.verdict->code == b.verdict->code);
  require(a.comments == b.comments && same(a.process, b.process));
  require(a.interface->link_type == b.interface->link_type &&
          a.interface->snap_bytes == b.interface->snap_bytes);
}

void records_survive(Input input) {
  const Records records = records_of(input);
  const std::string bytes = write(records.interfaces, records.all);
  const std::span<const uint8_t> span(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  auto reader = source::read_capture(std::make_unique<source::MemoryBytes>(span), "memory", 1 << 14);
  require(reader.has_value());
  source::CaptureRecords adapter;
  std::vector<source::CapturedPacket> packets(7);
  size_t next = 0;
  while (const size_t count = (*reader)->read(packets)) {
    for (size_t i = 0; i < count; ++i) {
      decode::PacketRecord read;
      adapter.fill(packets[i], (*reader)->interfaces(), read);
      require(next < records.all.size());
      compare(records.all[next++], read);
    }
  }
  require(!(*reader)->error() && next == records.all.size());
}

void options_keep_their_meaning(std::span<const uint8_t> options) {
  decode::CaptureOptions reader;
  for (const bool swapped : {false, true}) {
    decode::PacketInterface interface;
    decode::PacketRecord record;
    record.interface = &interface;
    reader.read(options, swapped, record);
    const decode::PacketOwner owner = reader.read_owner_only(options, swapped);
    require(owner.direction == record.direction);
    require((owner.process != nullptr) == (record.process != nullptr));
    if (owner.process != nullptr) require(same(*owner.process, record.process));
    require(record.comments.size() <= 256);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  records_survive(Input(data, size));
  options_keep_their_meaning({data, size});
  return 0;
}
