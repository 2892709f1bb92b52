// SPDX-License-Identifier: Apache-2.0
#include "app/address_names.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <atomic>
#include <condition_variable>
#include <csignal>
#include <cstring>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace weir::app {

std::string look_name_up(const decode::IpAddress& address) {
  sockaddr_storage storage{};
  socklen_t bytes = 0;
  if (address.version == 6) {
    sockaddr_in6 socket{};
    socket.sin6_family = AF_INET6;
    std::memcpy(&socket.sin6_addr, address.bytes.data(), sizeof socket.sin6_addr);
    std::memcpy(&storage, &socket, bytes = sizeof socket);
  } else {
    sockaddr_in socket{};
    socket.sin_family = AF_INET;
    std::memcpy(&socket.sin_addr, address.bytes.data(), sizeof socket.sin_addr);
    std::memcpy(&storage, &socket, bytes = sizeof socket);
  }
  char name[NI_MAXHOST] = "";
  const int problem = ::getnameinfo(reinterpret_cast<const sockaddr*>(&storage), bytes, name, sizeof name,
                                    nullptr, 0, NI_NAMEREQD);
  return problem == 0 ? name : "";
}

/// Where questions are left and answers lie.
struct AddressNames::Desk {
  std::mutex mutex;
  std::condition_variable asked;
  std::condition_variable answered;
  std::deque<decode::IpAddress> questions;  // the first is being looked up
  std::vector<std::pair<decode::IpAddress, std::string>> answers;
  std::atomic<bool> has_answers{false};
  bool closed = false;

  void work(NameLookup lookup) {
    std::unique_lock lock(mutex);
    while (true) {
      asked.wait(lock, [this] { return closed || !questions.empty(); });
      if (closed) return;
      const decode::IpAddress address = questions.front();
      lock.unlock();
      std::string name = lookup(address);
      lock.lock();
      questions.pop_front();
      answers.emplace_back(address, std::move(name));
      has_answers = true;
      answered.notify_all();
    }
  }
};

size_t AddressNames::HashAddress::operator()(const decode::IpAddress& address) const {
  return std::hash<std::string_view>{}(
      {reinterpret_cast<const char*>(address.bytes.data()), address.bytes.size()});
}

AddressNames::AddressNames(std::chrono::milliseconds patience, NameLookup lookup)
    : patience_(patience), desk_(std::make_shared<Desk>()) {
  // Signals are for the thread that waits for packets.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread([desk = desk_, lookup] { desk->work(lookup); }).detach();
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

AddressNames::~AddressNames() {
  const std::scoped_lock lock(desk_->mutex);
  desk_->closed = true;
  desk_->asked.notify_all();
}

void AddressNames::take_answers() {
  if (!desk_->has_answers.load(std::memory_order_relaxed)) return;
  std::vector<std::pair<decode::IpAddress, std::string>> answers;
  {
    const std::scoped_lock lock(desk_->mutex);
    answers.swap(desk_->answers);
    desk_->has_answers = false;
  }
  for (auto& [address, name] : answers) names_.put(address, std::move(name));
}

std::string_view AddressNames::name_of(const decode::IpAddress& address) {
  take_answers();
  if (const std::string* name = names_.find(address)) return *name;
  {
    std::unique_lock lock(desk_->mutex);
    if (desk_->questions.size() >= kMostWaiting) return {};
    desk_->questions.push_back(address);
    desk_->asked.notify_one();
    if (patience_.count() > 0)
      desk_->answered.wait_for(lock, patience_, [this] { return desk_->questions.empty(); });
  }
  names_.put(address, "");
  take_answers();
  const std::string* name = names_.find(address);
  return name != nullptr ? std::string_view(*name) : std::string_view();
}

}  // namespace weir::app
