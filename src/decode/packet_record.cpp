// SPDX-License-Identifier: Apache-2.0
#include "decode/packet_record.h"

namespace weir::decode {

const char* to_string(CapturePoint point) {
  switch (point) {
    case CapturePoint::file:
      return "file";
    case CapturePoint::xdp:
      return "xdp";
    case CapturePoint::tc:
      return "tc";
    case CapturePoint::cgroup:
      return "cgroup";
    case CapturePoint::socket:
      return "socket";
  }
  return "unknown";
}

}  // namespace weir::decode
