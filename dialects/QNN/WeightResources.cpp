// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Weights inside MLIR files: `dialect_resources` of the qnn dialect, one blob
/// for each hash, in text and in bytecode alike.

#include "dialects/QNN/QNNAttrs.h"
#include "dialects/QNN/QNNDialect.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/AttrTypeSubElements.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/Operation.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace bitwright;
using namespace bitwright::qnn;

namespace {

/// A declared key. Nothing refers to it but the reader, which asks for one.
struct WeightKey {
  std::string hash;
};

struct WeightHandle : AsmDialectResourceHandleBase<WeightHandle, WeightKey, QNNDialect> {
  using AsmDialectResourceHandleBase::AsmDialectResourceHandleBase;
};

struct QNNAsmInterface final : OpAsmDialectInterface {
  using OpAsmDialectInterface::OpAsmDialectInterface;

  QNNDialect &dialect() const { return *static_cast<QNNDialect *>(getDialect()); }

  FailureOr<AsmDialectResourceHandle> declareResource(StringRef key) const override {
    std::unique_ptr<WeightKey> &entry = keys[key];
    if (!entry)
      entry = std::make_unique<WeightKey>(WeightKey{key.str()});
    return WeightHandle(entry.get(), &dialect());
  }

  std::string getResourceKey(const AsmDialectResourceHandle &handle) const override {
    return static_cast<WeightKey *>(handle.getResource())->hash;
  }

  LogicalResult parseResource(AsmParsedResourceEntry &entry) const override {
    if (entry.getKind() != AsmResourceEntryKind::Blob)
      return entry.emitError() << "expects weight " << entry.getKey() << " to be a blob";
    FailureOr<AsmResourceBlob> blob = entry.parseAsBlob();
    if (failed(blob))
      return failure();
    std::string hash = hashBytes(blob->getData());
    if (hash != entry.getKey())
      return entry.emitError() << "expects weight " << entry.getKey()
                               << ", but its bytes have hash " << hash;
    dialect().getWeightStore().add(blob->getData());
    return success();
  }

  void buildResources(Operation *op, const SetVector<AsmDialectResourceHandle> &,
                      AsmResourceBuilder &builder) const override {
    if (!dialect().printsWeights())
      return;
    for (WeightAttr weight : collectWeights(op))
      if (auto bytes = dialect().getWeightStore().lookup(weight.getHash()))
        builder.buildBlob(weight.getHash(), *bytes, /*dataAlignment=*/16);
  }

private:
  mutable llvm::StringMap<std::unique_ptr<WeightKey>> keys;
};

} // namespace

void QNNDialect::registerInterfaces() { addInterfaces<QNNAsmInterface>(); }

SmallVector<WeightAttr> bitwright::qnn::collectWeights(Operation *root) {
  SmallVector<WeightAttr> weights;
  llvm::StringSet<> seen;
  AttrTypeWalker walker;
  walker.addWalk([&](WeightAttr weight) {
    if (seen.insert(weight.getHash()).second)
      weights.push_back(weight);
  });
  root->walk<WalkOrder::PreOrder>([&](Operation *op) {
    for (NamedAttribute attribute : op->getAttrDictionary())
      walker.walk(attribute.getValue());
  });
  return weights;
}

void bitwright::qnn::releaseUnusedWeights(Operation *root) {
  llvm::StringSet<> live;
  for (WeightAttr weight : collectWeights(root))
    live.insert(weight.getHash());
  getWeightStore(root->getContext()).retainOnly(live);
}

PrintWeightsScope::PrintWeightsScope(MLIRContext *context)
    : dialect(context->getOrLoadDialect<QNNDialect>()) {
  ++*dialect->weightPrinters;
}

PrintWeightsScope::~PrintWeightsScope() { --*dialect->weightPrinters; }
