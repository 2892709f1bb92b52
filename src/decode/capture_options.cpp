// SPDX-License-Identifier: Apache-2.0
#include "decode/capture_options.h"

#include <cstring>
#include <functional>
#include <utility>

namespace weir::decode {
namespace {

constexpr size_t kMeanings = 1024;  // a power of 2
constexpr size_t kMostKeyBytes = 2048;
constexpr size_t kMostComments = 256;  // of a packet; what is beyond counts as malformed

template <class Integer>
Integer load(const uint8_t* from, bool swapped) {
  Integer value;
  std::memcpy(&value, from, sizeof value);
  if (!swapped) return value;
  if constexpr (sizeof value == 2) return __builtin_bswap16(value);
  if constexpr (sizeof value == 4) return __builtin_bswap32(value);
  if constexpr (sizeof value == 8) return __builtin_bswap64(value);
}

std::optional<PacketVerdict> verdict_of(const uint8_t* value, size_t bytes, bool swapped) {
  if (bytes != 9) return std::nullopt;
  if (value[0] != static_cast<uint8_t>(PacketVerdict::Kind::tc) &&
      value[0] != static_cast<uint8_t>(PacketVerdict::Kind::xdp))
    return std::nullopt;
  return PacketVerdict{static_cast<PacketVerdict::Kind>(value[0]),
                       static_cast<int64_t>(load<uint64_t>(value + 1, swapped))};
}

/// All that makes a process this one and no other.
std::string identity(const Process& process) {
  std::string key;
  const auto add = [&](const auto& number) {
    key.append(reinterpret_cast<const char*>(&number), sizeof number);
  };
  add(process.pid), add(process.uid), add(process.start_ns), add(process.cgroup_id);
  for (const std::string* text :
       {&process.comm, &process.executable, &process.cgroup_path, &process.container_id}) {
    add(text->size());
    key += *text;
  }
  return key;
}

}  // namespace

CaptureOptions::CaptureOptions() : meanings_(kMeanings) {}

CaptureOptions::Fields CaptureOptions::scan(std::span<const uint8_t> options, bool swapped) {
  Fields fields;
  comments_.clear();
  comment_thread_.reset();
  while (options.size() >= 4) {
    const auto code = load<uint16_t>(options.data(), swapped);
    const size_t bytes = load<uint16_t>(options.data() + 2, swapped);
    if (code == kOptionEnd) return fields;
    const size_t padded = (bytes + 3) & ~size_t{3};
    if (padded > options.size() - 4) break;
    const uint8_t* value = options.data() + 4;
    bool good = true;
    switch (code) {
      case kOptionComment: {
        const std::string_view comment(reinterpret_cast<const char*>(value), bytes);
        if (const auto thread = thread_of(comment)) {
          comment_thread_ = thread;
        } else if (comments_.size() < kMostComments) {
          comments_.push_back(comment);
        } else {
          good = false;
        }
        break;
      }
      case kOptionFlags:
        good = bytes == 4;
        if (good) {
          const uint32_t direction = load<uint32_t>(value, swapped) & 3;
          if (direction == 1) fields.direction = PacketDirection::inbound;
          if (direction == 2) fields.direction = PacketDirection::outbound;
        }
        break;
      case kOptionDropCount:
        good = bytes == 8;
        if (good) fields.drop_count = load<uint64_t>(value, swapped);
        break;
      case kOptionPacketId:
        good = bytes == 8;
        if (good) fields.packet_id = load<uint64_t>(value, swapped);
        break;
      case kOptionVerdict:
        if (const auto verdict = verdict_of(value, bytes, swapped)) fields.verdict = verdict;
        break;
      case kOptionProcessThread:
        good = bytes == 8;
        if (good) {
          fields.pid = load<uint32_t>(value, swapped);
          fields.tid = load<uint32_t>(value + 4, swapped);
        }
        break;
      default:
        break;
    }
    if (!good) {
      ++malformed_;
      return fields;
    }
    options = options.subspan(4 + padded);
  }
  if (!options.empty()) ++malformed_;
  return fields;
}

const CaptureOptions::Meaning& CaptureOptions::meaning(const Fields& fields) {
  size_t bytes = sizeof fields.pid;
  for (const std::string_view comment : comments_) bytes += comment.size() + sizeof(uint32_t);
  if (bytes > kMostKeyBytes) {
    understand(fields, rare_);
    return rare_;
  }
  key_.assign(reinterpret_cast<const char*>(&fields.pid), sizeof fields.pid);
  for (const std::string_view comment : comments_) {
    const auto size = static_cast<uint32_t>(comment.size());
    key_.append(reinterpret_cast<const char*>(&size), sizeof size);
    key_ += comment;
  }
  Meaning& known = meanings_[std::hash<std::string_view>()(key_) & (kMeanings - 1)];
  if (!known.known || known.key != key_) {
    understand(fields, known);
    known.key = key_;
    known.known = true;
  }
  return known;
}

void CaptureOptions::understand(const Fields& fields, Meaning& meaning) {
  OwnerComments owner = read_owner(comments_);
  if (!owner.process && fields.pid != 0) {
    owner.process.emplace();
    owner.process->pid = fields.pid;
    owner.process->uid = kUnknownUser;
  }
  meaning.process = owner.process ? same(std::move(*owner.process)) : nullptr;
  meaning.thread_id = owner.thread_id;
  meaning.remaining = std::move(owner.remaining);
}

ProcessPtr CaptureOptions::same(Process process) {
  std::string key = identity(process);
  if (key.size() > kMostKeyBytes) return std::make_shared<const Process>(std::move(process));
  if (const ProcessPtr* known = processes_.find(key)) return *known;
  return processes_.put(key, std::make_shared<const Process>(std::move(process)));
}

void CaptureOptions::read(std::span<const uint8_t> options, bool swapped, PacketRecord& record) {
  const Fields fields = scan(options, swapped);
  record.direction = fields.direction;
  record.packet_id = fields.packet_id;
  record.dropped_before = fields.drop_count;
  record.verdict = fields.verdict;
  record.thread_id.reset();
  if (fields.tid != 0) record.thread_id = fields.tid;
  if (!record.thread_id) record.thread_id = comment_thread_;
  record.process.reset();
  record.comments.clear();
  if (comments_.empty() && fields.pid == 0) return;
  const Meaning& found = meaning(fields);
  if (!record.thread_id) record.thread_id = found.thread_id;
  record.process = found.process;
  record.comments = found.remaining;
}

PacketOwner CaptureOptions::read_owner_only(std::span<const uint8_t> options, bool swapped) {
  const Fields fields = scan(options, swapped);
  PacketOwner owner;
  owner.direction = fields.direction;
  if (comments_.empty() && fields.pid == 0) return owner;
  const Meaning& found = meaning(fields);
  if (found.process) owner.process = &found.process;
  return owner;
}

}  // namespace weir::decode
