// SPDX-License-Identifier: Apache-2.0
// Errors as values for set-up and control paths; knows nothing of what failed.
#pragma once

#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace weir::base {

/// What a caller can do about an error; `exit_code` maps each kind to the process's exit status.
enum class ErrorKind {
  bad_input,    // wrong usage, filter or file
  unsupported,  // this kernel cannot: names the feature and what has it
  permission,   // names the missing capability
  not_found,
  resource,  // memory, descriptors, disk
  internal,
};

struct Error {
  ErrorKind kind = ErrorKind::internal;
  int system_errno = 0;  // 0 where no system call failed
  std::string message;   // one or two lines for the user

  /// Puts `context` in front: "context: message".
  Error within(std::string_view context) && {
    message.insert(0, ": ");
    message.insert(0, context);
    return std::move(*this);
  }
};

/// A value, or why there is none. Every call must look at it (-Werror=unused-result).
template <class T = void>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using tl::expected<T, Error>::expected;
};

inline tl::unexpected<Error> fail(ErrorKind kind, std::string message, int system_errno = 0) {
  return tl::unexpected<Error>(Error{kind, system_errno, std::move(message)});
}

/// Fails with `message`, then the text of `system_errno`; the kind follows from the errno.
inline tl::unexpected<Error> fail_errno(int system_errno, std::string message) {
  ErrorKind kind = ErrorKind::internal;
  switch (system_errno) {
    case EPERM:
    case EACCES:
      kind = ErrorKind::permission;
      break;
    case ENOENT:
    case ENODEV:
    case ESRCH:
      kind = ErrorKind::not_found;
      break;
    case ENOMEM:
    case EMFILE:
    case ENFILE:
    case ENOSPC:
      kind = ErrorKind::resource;
      break;
    case EOPNOTSUPP:
    case ENOSYS:
      kind = ErrorKind::unsupported;
      break;
    default:
      break;
  }
  message += ": ";
  message += std::strerror(system_errno);
  return fail(kind, std::move(message), system_errno);
}

/// Hands an error on to the caller, with a sentence of context.
inline tl::unexpected<Error> fail_within(Error error, std::string_view context) {
  return tl::unexpected<Error>(std::move(error).within(context));
}

/// 0 done; 1 failed while running; 2 wrong usage, filter or file; 3 not permitted; 4 this kernel cannot.
constexpr int exit_code(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::bad_input:
    case ErrorKind::not_found:
      return 2;
    case ErrorKind::permission:
      return 3;
    case ErrorKind::unsupported:
      return 4;
    case ErrorKind::resource:
    case ErrorKind::internal:
      return 1;
  }
  return 1;
}

}  // namespace weir::base
