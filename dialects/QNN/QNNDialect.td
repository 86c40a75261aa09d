// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef BITWRIGHT_DIALECTS_QNN_QNNDIALECT_TD
#define BITWRIGHT_DIALECTS_QNN_QNNDIALECT_TD

include "mlir/IR/OpBase.td"

def QNN_Dialect : Dialect {
  let name = "qnn";
  let cppNamespace = "::bitwright::qnn";
  let summary = "Neural-network operators and their quantized forms";
  let description = [{
    Network operators on ranked tensors, the operators that quantize them, and
    the integer forms that fusion produces. Scales and zero points are operands:
    their shape is the granularity. Storage types are signless; signedness, axis
    and block size are attributes. Images are channels-last (NHWC); weights have
    the output channel as axis 0 and the contracted axes after it.
  }];
  let useDefaultAttributePrinterParser = 1;
  let hasConstantMaterializer = 1;
  let hasOperationAttrVerify = 1;
  let hasRegionArgAttrVerify = 1;
  let hasRegionResultAttrVerify = 1;
  let extraClassDeclaration = [{
    void registerAttributes();
    void registerOps();
    void registerInterfaces();
    /// The bytes of all `#qnn.weight` attributes of this context.
    ::bitwright::WeightStore &getWeightStore() { return *weightStore; }
    /// What the passes run in this context have chosen.
    ::bitwright::DecisionLog &getDecisionLog() { return *decisionLog; }
    /// Registries and settings of the passes that run in this context.
    ContextState &getContextState() { return *contextState; }

    /// True while printing carries weights as resources.
    bool printsWeights() const { return *weightPrinters > 0; }

  private:
    friend class PrintWeightsScope;
    std::shared_ptr<::bitwright::WeightStore> weightStore;
    std::shared_ptr<::bitwright::DecisionLog> decisionLog;
    std::shared_ptr<ContextState> contextState;
    std::shared_ptr<std::atomic<int>> weightPrinters;

  public:
  }];
}

#endif // BITWRIGHT_DIALECTS_QNN_QNNDIALECT_TD
