// SPDX-License-Identifier: MIT
#include "process.hpp"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace patchbay::bench;

TEST_CASE("without a process, or with one that is gone, nothing is known") {
  CHECK_FALSE(ServerProcess(0).cpu());
  CHECK_FALSE(ServerProcess(0).rss_kib());
  const pid_t child = fork();
  if (child == 0) _exit(0);
  waitpid(child, nullptr, 0);
  CHECK_FALSE(ServerProcess(child).cpu());
  CHECK_FALSE(ServerProcess(child).rss_kib());
}

TEST_CASE("the total is shared out by the ticks") {
  const CpuTime before{1'000, 10, 10};
  const CpuTime used = CpuTime{5'000, 13, 11} - before;
  CHECK(used.total_ns == 4'000);
  CHECK(used.user_ns() == 3'000);
  CHECK(used.kernel_ns() == 1'000);
  CHECK((before - before).user_ns() == 0);
}

TEST_CASE("child processes count") {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  if (child == 0) {
    char byte = 0;
    close(ends[1]);
    _exit(static_cast<int>(read(ends[0], &byte, 1)));
  }
  const ServerProcess both(getpid());
  const ServerProcess alone(child);
  REQUIRE(both.rss_kib());
  REQUIRE(alone.rss_kib());
  CHECK(*alone.rss_kib() > 0);
  CHECK(*both.rss_kib() > *alone.rss_kib());
  CHECK(both.cpu()->total_ns > 0);
  close(ends[0]);
  close(ends[1]);
  waitpid(child, nullptr, 0);
}
