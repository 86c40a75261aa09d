#include "passes/Codegen/Contraction.h"
using namespace mlir;
namespace bitwright::codegen {
LogicalResult emitPooling(Program &, Operation *op) { return op->emitError("no kernel"); }
LogicalResult emitQuantKernel(Program &, Operation *op) { return op->emitError("no kernel"); }
LogicalResult emitDepthwise(Program &, Operation *op, const Group &) { return op->emitError("no kernel"); }
}
