// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Walks graphs in order, keeps what each name stands for, and owns what the
/// nodes of one model share.

#ifndef BITWRIGHT_LIB_IMPORT_ONNX_GRAPHIMPORTER_H
#define BITWRIGHT_LIB_IMPORT_ONNX_GRAPHIMPORTER_H

#include "Functions.h"
#include "Node.h"
#include "ValueFolder.h"
#include "bitwright/Import/ONNX/Importer.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace bitwright::onnximport {

/// The names of one graph; a subgraph sees those of the graphs around it.
struct Scope {
  explicit Scope(Scope *outer = nullptr) : outer(outer) {}
  llvm::StringMap<ImportedValue> values;
  llvm::StringMap<std::string> refused;    // why an output of a node has no value
  const onnx::GraphProto *graph = nullptr; // null for a function
  Scope *outer;
};

class GraphImporter {
public:
  GraphImporter(llvm::StringRef path, const OnnxImportOptions &options, mlir::MLIRContext *context);

  /// Imports `model`; null after an error.
  mlir::OwningOpRef<mlir::ModuleOp> import(const onnx::ModelProto &model);

  /// Reports an error, with the file's name before it.
  mlir::LogicalResult fail(const llvm::Twine &reason);

  mlir::MLIRContext *getContext() { return context; }
  mlir::OpBuilder &getBuilder() { return builder; }
  ExternalFiles &getFiles() { return files; }
  llvm::StringRef getPath() const { return path; }

  /// What `name` stands for here; null where it is unknown.
  const ImportedValue *lookup(llvm::StringRef name) const;
  mlir::LogicalResult define(llvm::StringRef name, ImportedValue value);
  /// `name` stands for an output that is not supported: an error where something reads it.
  mlir::LogicalResult refuse(llvm::StringRef name, std::string reason);
  /// "'name' is ..." for a name that stands for nothing.
  std::string explainMissing(llvm::StringRef name) const;
  /// True if a node of the graph being read makes `name`.
  bool isDefinedLater(llvm::StringRef name) const;

  /// The shape that the graph being read declares for `name`; nullopt where it is not static.
  std::optional<llvm::SmallVector<int64_t>> getDeclaredShape(llvm::StringRef name) const;

  /// What stands before the label of a node: the calls of functions that it is part of.
  llvm::StringRef getCallPath() const { return callPath; }

  /// The opset of a domain that the model, or the function being read, imports.
  std::optional<int64_t> getOpset(llvm::StringRef domain) const;

  /// The qnn.constant of `constant`, made at the top of the function on first use.
  mlir::Value materialize(Constant &constant);
  mlir::Value createDense(mlir::TypedAttr value, mlir::Location loc);
  /// Evaluates `value` from constants alone, if that is cheap; null otherwise.
  ConstantPtr fold(mlir::Value value, int32_t elementType);

  /// Imports the nodes of `graph` at the builder's place and appends its outputs.
  mlir::LogicalResult importBody(const onnx::GraphProto &graph,
                                 llvm::SmallVectorImpl<ImportedValue> &outputs);

private:
  mlir::LogicalResult importInitializers(const onnx::GraphProto &graph);
  mlir::LogicalResult importInputs(const onnx::GraphProto &graph);
  mlir::LogicalResult importNodes(const NodeList &nodes);
  mlir::LogicalResult importNode(const onnx::NodeProto &node);
  /// Imports the body of `function` in place of `call`.
  mlir::LogicalResult importCall(const onnx::NodeProto &call, const ModelFunction &function);
  mlir::LogicalResult checkCall(Node &call, const ModelFunction &function);
  mlir::LogicalResult importFunction(Node &call, const ModelFunction &function,
                                     llvm::SmallVectorImpl<ImportedValue> &outputs);
  mlir::LogicalResult importOutputs(const onnx::GraphProto &graph);
  mlir::LogicalResult importInput(const onnx::ValueInfoProto &info);
  mlir::LogicalResult checkNode(const onnx::NodeProto &node);
  mlir::LogicalResult checkGraph(const onnx::GraphProto &graph);
  /// The type of a graph input; the names of its dynamic dimensions go to `names`.
  mlir::FailureOr<mlir::RankedTensorType> readType(const onnx::ValueInfoProto &info,
                                                   llvm::SmallVectorImpl<mlir::Attribute> &names);
  mlir::FailureOr<int64_t> readDim(const onnx::TensorShapeProto::Dimension &dim,
                                   llvm::StringRef input, std::string &name);
  mlir::LogicalResult checkPinnedDims();

  std::string path;
  const OnnxImportOptions &options;
  mlir::MLIRContext *context;
  mlir::OpBuilder builder;
  ExternalFiles files;
  uint64_t unusedBytes = 0; // of them, in memory
  llvm::StringMap<int64_t> opsets;
  llvm::StringSet<> dimNames;
  Scope *scope = nullptr;
  const NodeList *current = nullptr; // the nodes of the scope
  ModelFunctions functions;
  llvm::SmallVector<const ModelFunction *> calls; // that are being imported
  std::string callPath;
  int64_t nodesOfCalls = 0;
  ValueFolder folder;
  mlir::func::FuncOp function;
  mlir::Operation *lastConstant = nullptr;
  llvm::DenseMap<mlir::Attribute, mlir::Value> denseConstants;
  mlir::OwningOpRef<mlir::ModuleOp> module;
};

} // namespace bitwright::onnximport

#endif // BITWRIGHT_LIB_IMPORT_ONNX_GRAPHIMPORTER_H
