// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The decision log: order, repetitions, both forms, many threads.

#include "dialects/QNN/DecisionLog.h"
#include "llvm/Support/JSON.h"
#include "gtest/gtest.h"

#include <thread>

using namespace bitwright;

TEST(DecisionLog, SortsAndDropsRepetitions) {
  DecisionLog log;
  log.add({"b", "n2", "qnn.add", "fused", "", true});
  log.add({"a", "n2", "qnn.add", "kept float", "no range", false});
  log.add({"a", "n1", "qnn.add", "quantized", "int8", true});
  log.add({"a", "n1", "qnn.add", "quantized", "int8", true});
  std::vector<Decision> sorted = log.sorted();
  ASSERT_EQ(sorted.size(), size_t(3));
  EXPECT_EQ(sorted[0].node, "n1");
  EXPECT_EQ(sorted[2].pass, "b");
}

TEST(DecisionLog, TextHasAHeadingForEachPass) {
  DecisionLog log;
  log.add({"int8", "conv1", "qnn.conv2d", "quantized", "int8", true});
  log.add({"int8", "soft", "qnn.softmax", "kept float", "it has no integer form", false});
  std::string text;
  llvm::raw_string_ostream os(text);
  log.printText(os);
  EXPECT_EQ(text, "int8: 1 applied, 1 not applied\n"
                  "  + conv1 (qnn.conv2d): quantized: int8\n"
                  "  - soft (qnn.softmax): kept float: it has no integer form\n");
}

TEST(DecisionLog, JsonParsesWhateverTheNames) {
  DecisionLog log;
  log.add({"p", "a\"\\\n\xff", "qnn.add", "fused", "", true});
  std::string text;
  llvm::raw_string_ostream os(text);
  log.printJson(os);
  auto value = llvm::json::parse(text);
  ASSERT_TRUE(bool(value));
  const llvm::json::Array *list = value->getAsObject()->getArray("decisions");
  ASSERT_TRUE(list);
  EXPECT_EQ(list->size(), size_t(1));
}

TEST(DecisionLog, ManyThreadsLoseNothing) {
  DecisionLog log;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&log, t] {
      for (int i = 0; i < 1000; ++i)
        log.add({"p", std::to_string(t * 1000 + i), "op", "c", "", true});
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(log.sorted().size(), size_t(4000));
  log.clear();
  EXPECT_TRUE(log.sorted().empty());
}
