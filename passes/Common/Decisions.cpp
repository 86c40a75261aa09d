// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Decisions and names.

#include "passes/Common/Decisions.h"

#include "dialects/QNN/Constants.h"
#include "dialects/QNN/QNNDialect.h"

using namespace bitwright;
using namespace mlir;

LogicalResult NameFilter::parse(StringRef option, StringRef pattern, Operation *where) {
  if (pattern.empty())
    return success();
  regex = std::make_shared<llvm::Regex>(pattern);
  std::string error;
  if (regex->isValid(error))
    return success();
  return where->emitError() << "option '" << option << "': '" << pattern
                            << "' is no regular expression: " << error;
}

bool NameFilter::matches(Operation *op) const {
  return regex && regex->match(getNodeName(op->getLoc()));
}

DecisionRecorder::DecisionRecorder(MLIRContext *context, StringRef pass)
    : log(qnn::getDecisionLog(context)), pass(pass) {}

void DecisionRecorder::applied(Operation *op, const Twine &choice, const Twine &reason) {
  log.add({pass, getNodeName(op->getLoc()), op->getName().getStringRef().str(), choice.str(),
           reason.str(), /*applied=*/true, op->getLoc()});
}

void DecisionRecorder::missed(Operation *op, const Twine &choice, const Twine &reason) {
  log.add({pass, getNodeName(op->getLoc()), op->getName().getStringRef().str(), choice.str(),
           reason.str(), /*applied=*/false, op->getLoc()});
}
