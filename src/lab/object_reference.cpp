// SPDX-License-Identifier: Apache-2.0
#include "lab/object_reference.h"

#include <bpf/bpf.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>

#include "lab/map_info.h"
#include "lab/program_details.h"

namespace weir::lab {
namespace {

using base::ErrorKind;
using base::Result;

constexpr size_t kMostCandidates = 16;
constexpr size_t kKernelName = 15;  // BPF_OBJ_NAME_LEN - 1

std::optional<uint32_t> id_of(std::string_view word) {
  uint32_t id = 0;
  const auto [end, problem] = std::from_chars(word.data(), word.data() + word.size(), id);
  if (problem != std::errc{} || end != word.data() + word.size() || id == 0) return std::nullopt;
  return id;
}

int next_id(ObjectKind kind, uint32_t id, uint32_t& next) {
  switch (kind) {
    case ObjectKind::program:
      return bpf_prog_get_next_id(id, &next);
    case ObjectKind::map:
      return bpf_map_get_next_id(id, &next);
    case ObjectKind::link:
      return bpf_link_get_next_id(id, &next);
    case ObjectKind::btf:
      return bpf_btf_get_next_id(id, &next);
  }
  return -EINVAL;
}

int fd_of_id(ObjectKind kind, uint32_t id) {
  switch (kind) {
    case ObjectKind::program:
      return bpf_prog_get_fd_by_id(id);
    case ObjectKind::map:
      return bpf_map_get_fd_by_id(id);
    case ObjectKind::link:
      return bpf_link_get_fd_by_id(id);
    case ObjectKind::btf:
      return bpf_btf_get_fd_by_id(id);
  }
  return -EINVAL;
}

struct NamedObject {
  std::string name;
  std::string remark;  // "hash", "xdp"
};

/// Links have no names.
std::optional<NamedObject> name_of(ObjectKind kind, int fd) {
  if (kind == ObjectKind::map) {
    auto info = map_info(fd);
    if (info) return NamedObject{std::move(info->name), std::move(info->type_name)};
  } else if (kind == ObjectKind::program) {
    auto info = program_details(fd);
    if (info) return NamedObject{std::move(info->name), std::move(info->type_name)};
  }
  return std::nullopt;
}

/// The kernel cuts names, users need not.
bool is_called(const std::string& name, const std::string& word) {
  return name == word || (word.size() > kKernelName && name.size() == kKernelName && word.starts_with(name));
}

Result<base::UniqueFd> open_name(ObjectKind kind, const std::string& name) {
  if (kind == ObjectKind::link || kind == ObjectKind::btf)
    return base::fail(ErrorKind::bad_input, "'" + name + "': a " + word_for(kind) + " has an id and no name");
  const auto ids = object_ids(kind);
  if (!ids) return tl::unexpected<base::Error>(ids.error());
  base::UniqueFd found;
  std::string candidates;
  size_t count = 0;
  for (const uint32_t id : *ids) {
    auto fd = open_id(kind, id);
    if (!fd) continue;
    const auto named = name_of(kind, fd->get());
    if (!named || !is_called(named->name, name)) continue;
    if (++count <= kMostCandidates)
      candidates.append(candidates.empty() ? "" : ", ")
          .append("id " + std::to_string(id) + " (" + named->remark + ")");
    if (!found.valid()) found = std::move(*fd);
  }
  if (count == 1) return found;
  if (count == 0)
    return base::fail(ErrorKind::not_found, std::string("there is no ") + word_for(kind) + " '" + name + "'");
  if (count > kMostCandidates) candidates += ", ...";
  return base::fail(ErrorKind::bad_input, std::to_string(count) + " " + word_for(kind) + "s are called '" +
                                              name + "': " + candidates + "; name one by its id");
}

Result<base::UniqueFd> open_pin(ObjectKind kind, const std::string& path) {
  const int fd = bpf_obj_get(path.c_str());
  if (fd == -EPERM || fd == -EACCES)
    return base::fail(ErrorKind::permission,
                      path + ": not permitted: CAP_BPF, or rights on the file, are missing", -fd);
  if (fd == -EINVAL) return base::fail(ErrorKind::bad_input, path + ": nothing is pinned there", EINVAL);
  if (fd < 0) return base::fail_errno(-fd, path);
  base::UniqueFd object(fd);
  const auto found = kind_of_descriptor(fd);
  if (found == kind) return object;
  return base::fail(ErrorKind::bad_input, path + " is a " + (found ? word_for(*found) : "something else") +
                                              ", not a " + word_for(kind));
}

}  // namespace

const char* word_for(ObjectKind kind) {
  switch (kind) {
    case ObjectKind::program:
      return "program";
    case ObjectKind::map:
      return "map";
    case ObjectKind::link:
      return "link";
    case ObjectKind::btf:
      return "BTF";
  }
  return "";
}

Result<ReadReference> read_reference(std::span<const std::string> words) {
  if (words.empty()) return base::fail(ErrorKind::bad_input, "an id, a name or a pinned path is missing");
  const std::string& first = words[0];
  if (words.size() > 1 && first == "id") {
    const auto id = id_of(words[1]);
    if (!id) return base::fail(ErrorKind::bad_input, "'" + words[1] + "' is no id");
    return ReadReference{{ObjectReference::Form::id, *id, ""}, 2};
  }
  if (words.size() > 1 && first == "name")
    return ReadReference{{ObjectReference::Form::name, 0, words[1]}, 2};
  if (words.size() > 1 && first == "pinned")
    return ReadReference{{ObjectReference::Form::pin, 0, words[1]}, 2};
  if (const auto id = id_of(first)) return ReadReference{{ObjectReference::Form::id, *id, ""}, 1};
  const auto form =
      first.find('/') != std::string::npos ? ObjectReference::Form::pin : ObjectReference::Form::name;
  return ReadReference{{form, 0, first}, 1};
}

Result<base::UniqueFd> open_object(ObjectKind kind, const ObjectReference& reference) {
  switch (reference.form) {
    case ObjectReference::Form::id:
      return open_id(kind, reference.id);
    case ObjectReference::Form::name:
      return open_name(kind, reference.text);
    case ObjectReference::Form::pin:
      return open_pin(kind, reference.text);
  }
  return base::fail(ErrorKind::internal, "no such form of a reference");
}

Result<std::vector<uint32_t>> object_ids(ObjectKind kind) {
  std::vector<uint32_t> ids;
  uint32_t id = 0;
  while (true) {
    const int error = -next_id(kind, id, id);
    if (error == ENOENT) return ids;
    if (error == EPERM)
      return base::fail(
          ErrorKind::permission,
          std::string("listing ") + word_for(kind) + "s needs CAP_SYS_ADMIN; pinned ones go by their path",
          EPERM);
    if (error != 0) return base::fail_errno(error, std::string("listing ") + word_for(kind) + "s");
    ids.push_back(id);
  }
}

Result<base::UniqueFd> open_id(ObjectKind kind, uint32_t id) {
  const int fd = fd_of_id(kind, id);
  if (fd >= 0) return base::UniqueFd(fd);
  const std::string what = std::string(word_for(kind)) + " " + std::to_string(id);
  if (fd == -ENOENT) return base::fail(ErrorKind::not_found, "there is no " + what, ENOENT);
  if (fd == -EPERM)
    return base::fail(ErrorKind::permission, what + ": opening by id needs CAP_SYS_ADMIN", EPERM);
  return base::fail_errno(-fd, what);
}

std::optional<ObjectKind> kind_of_descriptor(int fd) {
  std::array<char, 64> target{};
  const ssize_t size =
      readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), target.data(), target.size());
  const std::string_view name(target.data(), size < 0 ? 0 : static_cast<size_t>(size));
  if (name.starts_with("anon_inode:bpf-prog")) return ObjectKind::program;
  if (name.starts_with("anon_inode:bpf-map")) return ObjectKind::map;
  if (name.starts_with("anon_inode:bpf_link")) return ObjectKind::link;
  if (name.starts_with("anon_inode:btf")) return ObjectKind::btf;
  return std::nullopt;
}

bool is_in_bpffs(const std::string& path) {
  struct statfs about {};
  return statfs(path.c_str(), &about) == 0 && about.f_type == BPF_FS_MAGIC;
}

}  // namespace weir::lab
