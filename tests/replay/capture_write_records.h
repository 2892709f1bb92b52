// SPDX-License-Identifier: Apache-2.0
// Records of packets for the tests of capture files: made at random, and read back as text that compares.
#pragma once

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "decode/owner_comment.h"
#include "sink/capture_writer.h"
#include "source/capture_file.h"
#include "source/capture_reader.h"
#include "source/capture_records.h"

namespace weir::tests {

/// A folder of one test's own.
class CaptureFolder {
 public:
  CaptureFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "weir-write-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    folder_ = name;
  }
  ~CaptureFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  CaptureFolder(const CaptureFolder&) = delete;
  CaptureFolder& operator=(const CaptureFolder&) = delete;
  std::string path(const std::string& name = "") const { return (folder_ / name).string(); }
  /// Of all files, sorted.
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_))
      names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
  }

 private:
  std::filesystem::path folder_;
};

inline std::string file_bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_file(const std::string& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

/// What a shell command prints on stdout.
inline std::string shell(const std::string& command) {
  std::string out;
  std::FILE* const pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return out;
  char part[4096];
  while (const size_t bytes = std::fread(part, 1, sizeof part, pipe)) out.append(part, bytes);
  ::pclose(pipe);
  return out;
}

inline bool has_program(const std::string& name) {
  return !shell("command -v " + name).empty();
}

/// Everything of a record, as text: two that are equal say the same.
inline std::string told(const decode::PacketRecord& record) {
  std::ostringstream out;
  out << record.time_ns << ' ' << record.data.size() << '/' << record.wire_bytes << ' ';
  for (const uint8_t byte : record.data) out << static_cast<int>(byte) << ',';
  out << " on " << record.interface_index << ' ' << record.interface->name << '|'
      << record.interface->description << '|' << record.interface->link_type << '|'
      << record.interface->snap_bytes << " direction " << static_cast<int>(record.direction);
  if (record.packet_id) out << " id " << *record.packet_id;
  if (record.dropped_before) out << " dropped " << *record.dropped_before;
  if (record.verdict)
    out << " verdict " << static_cast<int>(record.verdict->kind) << ' ' << record.verdict->code;
  if (record.thread_id) out << " thread " << *record.thread_id;
  if (record.process) {
    const decode::Process& process = *record.process;
    out << " process " << process.pid << ' ' << process.uid << ' ' << process.start_ns << ' '
        << process.cgroup_id << " [" << process.comm << "] [" << process.executable << "] ["
        << process.cgroup_path << "] [" << process.container_id << ']';
  }
  for (const std::string& comment : record.comments) out << " comment [" << comment << ']';
  return out.str();
}

/// Records with and without everything, the same for the same seed.
class RandomRecords {
 public:
  explicit RandomRecords(uint32_t seed, size_t interfaces = 3, bool one_link = false) : random_(seed) {
    for (size_t i = 0; i < interfaces; ++i) {
      decode::PacketInterface interface;
      interface.name = i == 2 ? "" : "eth" + std::to_string(i);
      if (i == 1) interface.description = "the second one";
      interface.link_type = i % 2 == 0 || one_link ? 1 : 101;
      interface.snap_bytes = i == 1 && !one_link ? 0 : 262144;
      interfaces_.push_back(std::move(interface));
    }
    for (uint32_t i = 0; i < 20; ++i) processes_.push_back(process(i));
  }

  decode::PacketRecord next() {
    decode::PacketRecord record;
    data_.emplace_back(below(10) != 0 ? below(200) : below(10) != 0 ? below(3000) : below(40'000));
    for (uint8_t& byte : data_.back()) byte = static_cast<uint8_t>(random_());
    record.data = data_.back();
    record.wire_bytes = static_cast<uint32_t>(record.data.size() + (below(2) ? below(2000) : 0));
    time_ns_ += below(1'000'000'000);
    record.time_ns = time_ns_;
    record.interface_index = below(static_cast<uint32_t>(interfaces_.size()));
    record.interface = &interfaces_[record.interface_index];
    record.direction = static_cast<decode::PacketDirection>(below(3));
    if (below(2)) record.packet_id = uint64_t{random_()} << 32 | random_();
    if (below(4) == 0) record.dropped_before = below(1000);
    if (below(4) == 0) {
      record.verdict =
          decode::PacketVerdict{below(2) ? decode::PacketVerdict::Kind::tc : decode::PacketVerdict::Kind::xdp,
                                int64_t{below(9)} - 1};
    }
    if (below(2)) record.process = processes_[below(static_cast<uint32_t>(processes_.size()))];
    if (below(3) == 0) record.thread_id = 1 + below(100'000);
    for (uint32_t i = below(3); i > 1; --i) record.comments.push_back("note " + std::to_string(below(100)));
    return record;
  }
  const std::deque<decode::PacketInterface>& interfaces() const { return interfaces_; }

 private:
  uint32_t below(uint32_t limit) { return random_() % limit; }
  std::string word() {
    std::string text;
    for (uint32_t i = 1 + below(12); i > 0; --i)
      text += static_cast<char>(below(5) ? 'a' + below(26) : below(256));
    return text;
  }
  decode::ProcessPtr process(uint32_t i) {
    auto process = std::make_shared<decode::Process>();
    process->pid = 1 + below(1 << 22);
    process->uid = i % 3 == 0 ? decode::kUnknownUser : below(70'000);
    process->start_ns = i % 4 == 0 ? 0 : random_();
    process->cgroup_id = i % 5 == 0 ? 0 : random_();
    process->comm = word();
    // A file name has no slash; the executable is told by its last part.
    while ((process->executable = word()).find('/') != std::string::npos) {
    }
    if (i % 2 == 0) process->cgroup_path = '/' + word() + '/' + word();
    if (i % 7 == 0) process->container_id = std::string(64, 'a');
    return process;
  }

  std::mt19937 random_;
  int64_t time_ns_ = 1'763'717'239'000'000'000;
  std::deque<decode::PacketInterface> interfaces_;
  std::deque<std::vector<uint8_t>> data_;
  std::vector<decode::ProcessPtr> processes_;
};

struct ReadBack {
  std::vector<std::string> records;  // as `told`
  std::string error;                 // of opening, or the tear
};

inline ReadBack read_back(base::Result<std::unique_ptr<source::CaptureReader>> reader) {
  ReadBack all;
  if (!reader) {
    all.error = reader.error().message;
    return all;
  }
  source::CaptureRecords records;
  decode::PacketRecord record;
  std::vector<source::CapturedPacket> packets(64);
  while (const size_t count = (*reader)->read(packets)) {
    for (size_t i = 0; i < count; ++i) {
      records.fill(packets[i], (*reader)->interfaces(), record);
      all.records.push_back(told(record));
    }
  }
  if ((*reader)->error()) all.error = (*reader)->error()->message;
  return all;
}

inline ReadBack read_back(const std::string& path) {
  return read_back(source::open_captures({path}));
}

inline ReadBack read_bytes(std::string_view bytes) {
  const std::span<const uint8_t> span(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  return read_back(source::read_capture(std::make_unique<source::MemoryBytes>(span), "bytes", 16384));
}

}  // namespace weir::tests
