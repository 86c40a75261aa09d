// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// What an op's builder sees of its ONNX node: operands, attributes, a way to
/// make qnn ops, and errors.
///
/// Failure is sticky. The first error is reported and remembered; after it every
/// query gives a default and every creation a null value, so that builders read
/// straight down. A null value may be passed on, never looked into: builders that
/// inspect types check `failed()` first.

#ifndef BITWRIGHT_LIB_IMPORT_ONNX_NODE_H
#define BITWRIGHT_LIB_IMPORT_ONNX_NODE_H

#include "Constants.h"
#include "Schema.h"
#include "dialects/QNN/QNNDialect.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/StringSet.h"

namespace bitwright::onnximport {

class GraphImporter;
struct OpEntry;

/// A constant that a DequantizeLinear turns to float: consumers that rearrange weights rearrange
/// the integers and dequantize those.
struct DequantizedConstant {
  ConstantPtr data, scale, zeroPoint;
  int64_t axis = 0;
  int64_t blockSize = 0;
};

/// What a name in the graph stands for.
struct ImportedValue {
  int32_t elementType = Undefined;
  mlir::Value value;    // null while `constant` is not yet an op
  ConstantPtr constant; // null unless known
  std::shared_ptr<DequantizedConstant> dequantized;

  explicit operator bool() const { return value || constant; }
  mlir::RankedTensorType getType() const {
    return constant ? constant->type : llvm::cast<mlir::RankedTensorType>(value.getType());
  }
};

class Node {
public:
  using Attributes = std::initializer_list<std::pair<llvm::StringRef, mlir::Attribute>>;

  Node(GraphImporter &graph, const onnx::NodeProto &proto, int64_t opset);

  GraphImporter &getGraph() { return graph; }
  const onnx::NodeProto &getProto() const { return proto; }
  int64_t getOpset() const { return opset; }
  /// The name for messages: that of the node, or of its op and first output.
  llvm::StringRef getLabel() const { return label; }
  mlir::Location getLoc() const { return loc; }
  mlir::MLIRContext *getContext() const { return loc.getContext(); }
  mlir::OpBuilder &getBuilder();

  //===--- errors ---------------------------------------------------------===//

  void fail(const llvm::Twine &reason);
  bool failed() const { return hasFailed; }
  /// Remembers a failure that was reported already.
  void markFailed() { hasFailed = true; }
  /// Fails and returns false where `condition` does not hold.
  bool expect(bool condition, const llvm::Twine &reason);

  //===--- operands -------------------------------------------------------===//

  unsigned getNumInputs() const { return proto.input_size(); }
  bool hasInput(unsigned index) const;
  ImportedValue getImported(unsigned index);
  mlir::Value getInput(unsigned index);
  mlir::RankedTensorType getInputType(unsigned index);
  int32_t getElementType(unsigned index);
  int64_t getRank(unsigned index) { return failed() ? 0 : getInputType(index).getRank(); }
  /// The operand's constant, computed from other constants where needed; null if there is none.
  ConstantPtr getConstant(unsigned index);
  /// As getConstant, but failing with "<what> must be constant".
  ConstantPtr requireConstant(unsigned index, llvm::StringRef what);
  std::optional<llvm::SmallVector<int64_t>> getConstantIntegers(unsigned index);
  llvm::SmallVector<int64_t> requireIntegers(unsigned index, llvm::StringRef what);
  /// The operand as an i64 tensor (int32 is extended), constant where it can be.
  mlir::Value getIndexInput(unsigned index);
  /// The static shape that the model declares for an output, where operand `index` is an input of
  /// the model: what the data is to say then, the declaration says already.
  std::optional<llvm::SmallVector<int64_t>> getShapeInsteadOf(unsigned index, unsigned output = 0);
  /// As getIndexInput for an operand that is the shape of result 0.
  mlir::Value getShapeInput(unsigned index);

  //===--- attributes -----------------------------------------------------===//

  bool hasAttribute(llvm::StringRef name) const;
  int64_t getInt(llvm::StringRef name, int64_t defaultValue);
  bool getBool(llvm::StringRef name, bool defaultValue);
  int64_t requireInt(llvm::StringRef name);
  float getFloat(llvm::StringRef name, float defaultValue);
  std::string getString(llvm::StringRef name, llvm::StringRef defaultValue);
  llvm::SmallVector<int64_t> getInts(llvm::StringRef name, llvm::ArrayRef<int64_t> defaultValue);
  std::optional<llvm::SmallVector<int64_t>> getOptionalInts(llvm::StringRef name);
  std::vector<float> getFloats(llvm::StringRef name);
  const onnx::GraphProto *getSubgraph(llvm::StringRef name);
  const onnx::TensorProto *getTensor(llvm::StringRef name);
  /// Accepts attributes that do not change what the node computes here.
  void ignoreAttribute(llvm::StringRef name) { used.insert(name); }
  /// Fails where the node has attributes that nothing asked for.
  void checkAllUsed();

  /// `axis` counted from the end where negative; fails outside [0, rank).
  int64_t normalizeAxis(int64_t axis, int64_t rank);
  llvm::SmallVector<int64_t> normalizeAxes(llvm::ArrayRef<int64_t> axes, int64_t rank);

  //===--- making ops -----------------------------------------------------===//

  /// The first result of a new op whose type is inferred. Null attributes are left out, null
  /// operands too if nothing failed.
  template <typename Op>
  mlir::Value create(llvm::ArrayRef<mlir::Value> operands, Attributes attributes = {}) {
    mlir::Operation *op = createOperation(Op::getOperationName(), operands, attributes);
    return op ? op->getResult(0) : mlir::Value();
  }
  mlir::Operation *createOperation(llvm::StringRef name, llvm::ArrayRef<mlir::Value> operands,
                                   Attributes attributes, mlir::TypeRange types = {});
  mlir::Value materialize(const ImportedValue &value);
  mlir::Value materialize(const ConstantPtr &constant);
  mlir::Value createIntegers(llvm::ArrayRef<int64_t> values);
  mlir::Value createInteger(int64_t value);
  /// A constant of rank 0 and the given type.
  mlir::Value createScalar(int32_t elementType, double value);
  mlir::Value createScalar(mlir::Type elementType, double value);

  // Helpers that follow from the above.
  mlir::Value cast(mlir::Value value, int32_t from, int32_t to);
  mlir::Value transpose(mlir::Value value, llvm::ArrayRef<int64_t> perm);
  mlir::Value squeeze(mlir::Value value, llvm::ArrayRef<int64_t> axes);
  mlir::Value unsqueeze(mlir::Value value, llvm::ArrayRef<int64_t> axes);
  mlir::Value reshape(mlir::Value value, llvm::ArrayRef<int64_t> shape);
  /// The shape of `value` as an i64 tensor, a constant where it is static.
  mlir::Value shapeOf(mlir::Value value);

  mlir::Attribute ints(llvm::ArrayRef<int64_t> values);
  mlir::Attribute integer(int64_t value);
  mlir::Attribute number(double value);
  mlir::Attribute unit(bool value);

  //===--- results --------------------------------------------------------===//

  unsigned getNumOutputs() const { return proto.output_size(); }
  /// True where the node names this output.
  bool hasOutput(unsigned index) const;
  void setResult(unsigned index, mlir::Value value, int32_t elementType);
  void setResult(unsigned index, ImportedValue value);
  /// Sets result 0 with the element type of input 0.
  void setResult(mlir::Value value) { setResult(0, value, getElementType(0)); }
  /// This output has no value here; the import fails where a node or the graph reads it.
  void refuseOutput(unsigned index, llvm::StringRef what);

private:
  const onnx::AttributeProto *findAttribute(llvm::StringRef name, int type);
  mlir::LogicalResult inferTypes(mlir::OperationState &state);
  mlir::LogicalResult checkResults(mlir::Operation *op);

  GraphImporter &graph;
  const onnx::NodeProto &proto;
  int64_t opset;
  std::string label;
  mlir::Location loc;
  llvm::StringSet<> used;
  bool hasFailed = false;
};

} // namespace bitwright::onnximport

#endif // BITWRIGHT_LIB_IMPORT_ONNX_NODE_H
