// SPDX-License-Identifier: Apache-2.0
// -N: names of addresses, looked up beside the stream. Bounded, whatever the addresses are.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/bounded_cache.h"
#include "decode/address.h"

namespace weir::app {

/// The address's name, empty where it has none. May take as long as a name server does.
using NameLookup = std::string (*)(const decode::IpAddress& address);
/// getnameinfo(3): /etc/hosts, DNS, whatever nsswitch.conf says.
std::string look_name_up(const decode::IpAddress& address);

class AddressNames {
 public:
  static constexpr size_t kMostNames = 16'384;  // the least recently used give way
  static constexpr size_t kMostWaiting = 256;   // look-ups; further addresses are asked about when seen again

  /// Whoever asks for a new name is held up for `patience` at most: 0 for live packets.
  explicit AddressNames(std::chrono::milliseconds patience, NameLookup lookup = look_name_up);
  /// Does not wait for a look-up that is under way.
  ~AddressNames();
  AddressNames(const AddressNames&) = delete;
  AddressNames& operator=(const AddressNames&) = delete;

  /// Empty: none, or not known yet. Valid until the next call.
  std::string_view name_of(const decode::IpAddress& address);

 private:
  struct HashAddress {
    size_t operator()(const decode::IpAddress& address) const;
  };
  struct Desk;

  void take_answers();

  std::chrono::milliseconds patience_;
  base::BoundedCache<decode::IpAddress, std::string, HashAddress> names_{kMostNames};  // empty: asked
  std::shared_ptr<Desk> desk_;  // shared with the thread that looks up
};

}  // namespace weir::app
