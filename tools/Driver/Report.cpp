// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Sizes from the module, choices from the decision log.

#include "tools/Driver/Report.h"

#include "bitwright/Support/AtomicFile.h"
#include "bitwright/Support/Json.h"
#include "dialects/QNN/QNNDialect.h"
#include "passes/Fusion/WeightSizes.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/JSON.h"

using namespace mlir;
using namespace bitwright;

static WeightSizes getWeightSizes(ModuleOp module) {
  auto attribute = module->getAttrOfType<DenseI64ArrayAttr>(weightSizesAttr);
  if (!attribute || attribute.size() != 4)
    return measureWeights(module);
  return {attribute[0], attribute[1], attribute[2], attribute[3]};
}

static void writeText(const WeightSizes &sizes, const DecisionLog &log, raw_ostream &os) {
  os << "weights: " << sizes.weights << " in contractions, " << sizes.weightBytes
     << " bytes with scales, " << llvm::format("%.3f", sizes.bitsPerWeight())
     << " bits each; other constants: " << sizes.otherElements << " in " << sizes.otherBytes
     << " bytes; all: " << sizes.weightBytes + sizes.otherBytes << " bytes, as float "
     << sizes.floatBytes() << "\n";
  log.printText(os);
}

static void writeJson(const WeightSizes &sizes, const DecisionLog &log, raw_ostream &os) {
  llvm::json::OStream json(os, /*IndentSize=*/2);
  json.object([&] {
    json.attributeObject("weights", [&] {
      json.attribute("count", sizes.weights);
      json.attribute("bytes", sizes.weightBytes);
      json.attributeBegin("bits_per_weight");
      json.rawValue(formatNumber(sizes.bitsPerWeight()));
      json.attributeEnd();
      json.attribute("other_count", sizes.otherElements);
      json.attribute("other_bytes", sizes.otherBytes);
      json.attribute("float_bytes", sizes.floatBytes());
    });
    log.printDecisions(json);
  });
  os << "\n";
}

llvm::Error bitwright::writeReport(ModuleOp module, StringRef path, OutputGroup *group) {
  WeightSizes sizes = getWeightSizes(module);
  const DecisionLog &log = qnn::getDecisionLog(module.getContext());
  auto write = [&](raw_ostream &os) {
    if (path.ends_with(".json"))
      writeJson(sizes, log, os);
    else
      writeText(sizes, log, os);
    return llvm::Error::success();
  };
  return writeFileAtomically(path, write, group);
}
