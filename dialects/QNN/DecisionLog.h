// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Where passes record what they chose and why. Passes may run in parallel, so
/// the log is locked and read back sorted: the report does not depend on the
/// order in which threads finished. The driver prints it once, on one thread.
/// `qnn::getDecisionLog(context)` gives the log of a context.

#ifndef BITWRIGHT_DIALECTS_QNN_DECISIONLOG_H
#define BITWRIGHT_DIALECTS_QNN_DECISIONLOG_H

#include "mlir/IR/Location.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"
#include <mutex>
#include <string>
#include <vector>

namespace bitwright {

/// One choice about one node.
struct Decision {
  /// The pass or scheme that decided: "int8", "qnn-fuse-qdq".
  std::string pass;
  /// The user's name of the node (qnn::getNodeName).
  std::string node;
  /// The op it is about: "qnn.conv2d".
  std::string op;
  /// What was done, in a word or two: "quantized", "kept float", "fused", "remains".
  std::string choice;
  /// Why, or with which parameters: a clause without a full stop.
  std::string reason;
  /// False where something the user asked for was not done ("kept float").
  bool applied = true;
  /// Where the node comes from, or null. Not part of what the decision says.
  mlir::LocationAttr location = {};
};

class DecisionLog {
public:
  void add(Decision decision);
  /// All decisions, sorted by pass, node, op, choice and reason; exact repetitions once.
  std::vector<Decision> sorted() const;
  void clear();

  /// A line for each decision, under a heading for each pass that says how many
  /// were applied and how many not.
  void printText(llvm::raw_ostream &os) const;
  /// {"decisions": [{"pass", "node", "op", "choice", "applied", "reason"}]}
  void printJson(llvm::raw_ostream &os) const;
  /// The attribute "decisions" of that object, for documents that hold more.
  void printDecisions(llvm::json::OStream &json) const;

private:
  mutable std::mutex mutex;
  std::vector<Decision> decisions;
};

} // namespace bitwright

#endif // BITWRIGHT_DIALECTS_QNN_DECISIONLOG_H
