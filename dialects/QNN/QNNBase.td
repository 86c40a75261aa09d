// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef BITWRIGHT_DIALECTS_QNN_QNNBASE_TD
#define BITWRIGHT_DIALECTS_QNN_QNNBASE_TD

include "dialects/QNN/QNNAttrs.td"
include "dialects/QNN/QNNDialect.td"
include "dialects/QNN/QNNInterfaces.td"
include "mlir/IR/CommonTypeConstraints.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class QNN_Op<string mnemonic, list<Trait> traits = []>
    : Op<QNN_Dialect, mnemonic, traits>;

// Checks the rules of type inference before InferTypeOpInterface does, so that a
// broken rule is reported once.
def QNN_SingleDiagnostic : NativeOpTrait<"InferenceRules"> {
  let cppNamespace = "::bitwright::qnn";
}

// An op whose result types follow from its operands and attributes. A result
// may be declared more or less static than what is inferred, never in conflict
// with it.
class QNN_InferredOp<string mnemonic, list<Trait> traits = []>
    : QNN_Op<mnemonic, traits # [Pure, QNN_SingleDiagnostic, InferTypeOpAdaptorWithIsCompatible]> {
  let extraClassDefinition = [{
    bool $cppClass::isCompatibleReturnTypes(::mlir::TypeRange lhs, ::mlir::TypeRange rhs) {
      return areCompatibleTypes(lhs, rhs);
    }
  }];
}

// Of LayoutInterface, what ops say that name axes and work in any layout.
def QNN_AxisMethods : DeclareOpInterfaceMethods<QNN_LayoutInterface, ["getLayoutRole", "permuteAxes"]>;

def QNN_I4 : I<4>;
// What has storage (docs/semantics.md, Values).
def QNN_Tensor : RankedTensorOf<[I1, QNN_I4, I8, I16, I32, I64, F16, BF16, F32, F64]>;
def QNN_FloatTensor : RankedTensorOf<[F16, BF16, F32, F64]>;
def QNN_IntTensor : RankedTensorOf<[QNN_I4, I8, I16, I32, I64]>;
def QNN_BoolTensor : RankedTensorOf<[I1]>;
def QNN_IndexTensor : RankedTensorOf<[I32, I64]>;
def QNN_StorageTensor : RankedTensorOf<[QNN_I4, I8, I16, I32]>;
def QNN_ByteTensor : RankedTensorOf<[I8]>;
def QNN_F32Tensor : RankedTensorOf<[F32]>;
def QNN_I32Tensor : RankedTensorOf<[I32]>;

#endif // BITWRIGHT_DIALECTS_QNN_QNNBASE_TD
