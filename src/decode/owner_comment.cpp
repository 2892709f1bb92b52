// SPDX-License-Identifier: Apache-2.0
#include "decode/owner_comment.h"

#include <algorithm>
#include <charconv>

namespace weir::decode {
namespace {

constexpr size_t kMostValueBytes =
    4096;                               // PATH_MAX: at most 4 times that when escaped, and there are 4 texts
constexpr size_t kMostCommBytes = 15;   // TASK_COMM_LEN - 1
constexpr size_t kMostNameBytes = 255;  // NAME_MAX
constexpr size_t kMostIdBytes = 128;    // of a container
constexpr std::string_view kThread = "ThreadId: ";

/// Length of the well-formed UTF-8 sequence at `at` (RFC 3629, 4); 0: none.
size_t utf8_sequence(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) { return at + i < text.size() ? static_cast<uint8_t>(text[at + i]) : 0; };
  const auto is_tail = [&](size_t i) { return (byte(i) & 0xc0) == 0x80; };
  const unsigned first = byte(0);
  const unsigned second = byte(1);
  if (first >= 0xc2 && first <= 0xdf) return is_tail(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const bool overlong = first == 0xe0 && second < 0xa0;
    const bool surrogate = first == 0xed && second > 0x9f;
    return !overlong && !surrogate && is_tail(1) && is_tail(2) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const bool overlong = first == 0xf0 && second < 0x90;
    const bool beyond = first == 0xf4 && second > 0x8f;
    return !overlong && !beyond && is_tail(1) && is_tail(2) && is_tail(3) ? 4 : 0;
  }
  return 0;
}

void escape(std::string& to, char character) {
  const auto byte = static_cast<uint8_t>(character);
  to += '\\';
  to += static_cast<char>('0' + (byte >> 6));
  to += static_cast<char>('0' + (byte >> 3 & 7));
  to += static_cast<char>('0' + (byte & 7));
}

void line(std::string& to, std::string_view key, std::string_view value) {
  if (!to.empty()) to += '\n';
  to += key;
  to += ": ";
  value = value.substr(0, kMostValueBytes);
  for (size_t i = 0; i < value.size();) {
    const auto byte = static_cast<uint8_t>(value[i]);
    if (byte >= 0x80) {
      const size_t bytes = utf8_sequence(value, i);
      if (bytes == 0) {
        escape(to, value[i++]);
      } else {
        to += value.substr(i, bytes);
        i += bytes;
      }
      continue;
    }
    const bool at_end = i == 0 || i + 1 == value.size();
    if (byte < 0x20 || byte == 0x7f || byte == '\\' || (byte == ' ' && at_end)) {
      escape(to, value[i]);
    } else {
      to += value[i];
    }
    ++i;
  }
}

void line(std::string& to, std::string_view key, uint64_t number) {
  line(to, key, std::string_view(std::to_string(number)));
}

bool is_octal(char character, char most) {
  return character >= '0' && character <= most;
}

std::string unescaped(std::string_view value) {
  value = value.substr(0, 4 * kMostValueBytes);
  std::string text;
  text.reserve(value.size());
  for (size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '\\' && i + 3 < value.size() && is_octal(value[i + 1], '3') &&
        is_octal(value[i + 2], '7') && is_octal(value[i + 3], '7')) {
      text += static_cast<char>((value[i + 1] - '0') << 6 | (value[i + 2] - '0') << 3 | (value[i + 3] - '0'));
      i += 3;
    } else {
      text += value[i];
    }
  }
  return text;
}

std::string_view trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

template <class Number>
bool to_number(std::string_view text, Number& number) {
  Number parsed{};
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), parsed);
  if (problem != std::errc() || end != text.data() + text.size()) return false;
  number = parsed;
  return true;
}

/// The next line of `rest`, without its end.
std::string_view take_line(std::string_view& rest) {
  const size_t end = rest.find('\n');
  const std::string_view line = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return line;
}

struct KeyValue {
  std::string_view key;
  std::string_view value;
};

KeyValue split(std::string_view line) {
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return {};
  return {trimmed(line.substr(0, colon)), trimmed(line.substr(colon + 1))};
}

bool names_process(const std::vector<std::string_view>& comments) {
  for (std::string_view rest : comments) {
    while (!rest.empty()) {
      const auto [key, value] = split(take_line(rest));
      uint32_t pid = 0;
      if (key == "PID" && to_number(value, pid) && pid != 0) return true;
    }
  }
  return false;
}

/// What the text of a file said, before it is a Process.
struct Told {
  Process process;
  bool comm = false;
};

/// True: the line became a field.
bool take_process_line(const KeyValue& line, Told& told) {
  Process& process = told.process;
  if (line.key == "PID") return to_number(line.value, process.pid);
  if (line.key == "UserId") return to_number(line.value, process.uid);
  if (line.key == "StartTime") return to_number(line.value, process.start_ns);
  if (line.key == "CgroupId") return to_number(line.value, process.cgroup_id);
  if (line.key == "Cmd" || line.key == "Command") {
    const std::string path = unescaped(line.value);
    process.executable = path.substr(path.rfind('/') + 1).substr(0, kMostNameBytes);
    return true;
  }
  if (line.key == "Comm") {
    process.comm = unescaped(line.value).substr(0, kMostCommBytes);
    told.comm = true;
    return true;
  }
  if (line.key == "Cgroup") {
    process.cgroup_path = unescaped(line.value).substr(0, kMostValueBytes);
    return true;
  }
  if (line.key == "ContainerId") {
    process.container_id = unescaped(line.value).substr(0, kMostIdBytes);
    return true;
  }
  return false;
}

}  // namespace

std::string owner_comment(const Process& process) {
  std::string text;
  if (process.pid == 0) return text;
  line(text, "PID", process.pid);
  if (!process.executable.empty()) line(text, "Cmd", process.executable);
  if (process.comm != process.executable.substr(0, kMostCommBytes)) line(text, "Comm", process.comm);
  if (process.uid != kUnknownUser) line(text, "UserId", process.uid);
  if (process.start_ns != 0) line(text, "StartTime", process.start_ns);
  if (process.cgroup_id != 0) line(text, "CgroupId", process.cgroup_id);
  if (!process.cgroup_path.empty()) line(text, "Cgroup", process.cgroup_path);
  if (!process.container_id.empty()) line(text, "ContainerId", process.container_id);
  return text;
}

OwnerComments read_owner(const std::vector<std::string_view>& comments) {
  OwnerComments owner;
  const bool process = names_process(comments);
  Told told;
  told.process.uid = kUnknownUser;
  for (const std::string_view comment : comments) {
    std::string remaining;
    bool changed = false;
    for (std::string_view rest = comment; !rest.empty();) {
      const std::string_view whole = take_line(rest);
      const KeyValue line = split(whole);
      uint32_t thread_id = 0;
      if ((line.key == "ThreadId" || line.key == "TID") && to_number(line.value, thread_id) &&
          thread_id != 0) {
        owner.thread_id = thread_id;
        changed = true;
      } else if (process && take_process_line(line, told)) {
        changed = true;
      } else {
        if (!remaining.empty()) remaining += '\n';
        remaining += whole;
      }
    }
    if (!changed) {
      owner.remaining.emplace_back(comment);
    } else if (!remaining.empty()) {
      owner.remaining.push_back(std::move(remaining));
    }
  }
  if (process && told.process.pid != 0) {
    if (!told.comm) told.process.comm = told.process.executable.substr(0, kMostCommBytes);
    owner.process = std::move(told.process);
  }
  return owner;
}

std::optional<uint32_t> thread_of(std::string_view comment) {
  uint32_t thread_id = 0;
  if (!comment.starts_with(kThread) || !to_number(comment.substr(kThread.size()), thread_id) ||
      thread_id == 0)
    return std::nullopt;
  return thread_id;
}

}  // namespace weir::decode
