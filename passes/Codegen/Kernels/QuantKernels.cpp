// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Lookup tables and dynamic quantization.

#include "passes/Codegen/Build/Rounding.h"
#include "passes/Codegen/Build/Windows.h"
#include "passes/Codegen/Kernels/Kernels.h"

#include "dialects/QNN/Constants.h"
#include "dialects/QNN/QNNOps.h"

using namespace mlir;
using namespace bitwright::codegen;
namespace qnn = bitwright::qnn;
using FPred = arith::CmpFPredicate;

static LogicalResult emitLookup(Program &p, qnn::LookupOp op) {
  Location loc = op.getLoc();
  constexpr int64_t unroll = 8;
  using Arg = KernelArg;
  auto body = [&](KernelBuilder &k, ValueRange v, Iterations &iterations) {
    iterations.forEachVector(unroll, [&](Value at, int64_t count) {
      // All loads first: the table may not change under the stores.
      SmallVector<Value> entries;
      for (int64_t i = 0; i < count; ++i) {
        Value byte = k.load(k.i8(), v[0], k.add(at, k.idx(i)));
        entries.push_back(k.load(k.i8(), v[1], k.extend(byte, k.i64(), /*isUnsigned=*/true)));
      }
      for (auto [i, entry] : llvm::enumerate(entries))
        k.store(entry, v[2], k.add(at, k.idx(i)));
    });
  };
  Kernel kernel = p.kernels.get("lookup", {Arg::Pointer, Arg::Pointer, Arg::Pointer}, loc, body);
  p.host.launch(kernel,
                {p.pointer(op.getInput(), loc), p.pointer(op.getTable(), loc),
                 p.pointer(op.getResult(), loc)},
                p.numElements(op.getResult()), 1, loc);
  return success();
}

//===--- dynamic quantization ---------------------------------------------===//

/// The smallest and largest of a row and 0; NaN takes no part.
static std::pair<Value, Value> findExtremes(KernelBuilder &k, Value row, Value size,
                                            Iterations &iterations) {
  auto smaller = [&](Value x, Value y) { return k.select(k.compare(FPred::OLT, x, y), x, y); };
  auto larger = [&](Value x, Value y) { return k.select(k.compare(FPred::OGT, x, y), x, y); };
  Value zero = k.number(k.f32(), 0);
  auto extremes = iterations.reduce(
      k.idx(0), size, elementLanes, {zero, zero},
      [&](Value at, int64_t lanes, ValueRange carried) -> SmallVector<Value> {
        Value x = k.load(laneType(k, k.f32(), lanes), row, at);
        return {smaller(x, carried[0]), larger(x, carried[1])};
      },
      [&](unsigned which, Value x, Value y) { return which == 0 ? smaller(x, y) : larger(x, y); });
  return {extremes[0], extremes[1]};
}

/// x / scale, rounded, plus the zero point, in an unsigned byte.
static Value quantizeByte(KernelBuilder &k, Value x, Value scale, Value zeroPoint) {
  Value r = k.fdiv(x, k.splat(scale, x.getType()));
  return roundIntoByte(k, r, k.splat(zeroPoint, k.like(k.i8(), x.getType())),
                       /*isUnsigned=*/true);
}

static LogicalResult emitDynamicQuantize(Program &p, qnn::DynamicQuantizeOp op) {
  Location loc = op.getLoc();
  const Dims dims = p.info(op.getInput()).dims;
  if (dims.empty())
    return op.emitError() << "node '" << bitwright::getNodeName(loc)
                          << "': dynamic quantization of a scalar cannot be compiled";
  using Arg = KernelArg;
  auto body = [&](KernelBuilder &k, ValueRange v, Iterations &iterations) {
    Value size = v[4], zero = k.number(k.f32(), 0);
    iterations.forEach([&](Value iv) {
      Value offset = k.mul(iv, size), row = k.gep(v[0], k.f32(), offset),
            out = k.gepBytes(v[1], offset);
      auto [low, high] = findExtremes(k, row, size, iterations);
      Value scale = k.fdiv(k.sub(high, low), k.number(k.f32(), 255));
      scale = k.select(k.compare(FPred::OEQ, scale, zero), k.number(k.f32(), 1), scale);
      Value zeroPoint = quantizeByte(k, k.neg(low), scale, k.integer(k.i8(), 0));
      k.store(scale, v[2], iv);
      k.store(zeroPoint, v[3], iv);
      iterations.forEachVector(k.idx(0), size, elementLanes, [&](Value at, int64_t width) {
        Value x = k.load(laneType(k, k.f32(), width), row, at);
        k.store(quantizeByte(k, x, scale, zeroPoint), out, at);
      });
    });
  };
  Kernel kernel =
      p.kernels.get("dynamic_quantize",
                    {Arg::Pointer, Arg::Pointer, Arg::Pointer, Arg::Pointer, Arg::Size}, loc, body);
  Dim size = dims.back();
  p.host.launch(
      kernel,
      {p.pointer(op.getInput(), loc), p.pointer(op.getResult(), loc), p.pointer(op.getScale(), loc),
       p.pointer(op.getZeroPoint(), loc), p.host.value(size, loc)},
      p.sizes.product(ArrayRef(dims).drop_back()), size.isStatic() ? size.size : 512, loc);
  return success();
}

Emitted bitwright::codegen::emitQuantKernel(Program &p, Operation *op) {
  if (auto lookup = dyn_cast<qnn::LookupOp>(op))
    return emitLookup(p, lookup);
  if (auto quantize = dyn_cast<qnn::DynamicQuantizeOp>(op))
    return emitDynamicQuantize(p, quantize);
  if (!isa<qnn::QuantizeOp, qnn::DequantizeOp>(op))
    return std::nullopt;
  return op->emitError() << "node '" << bitwright::getNodeName(op->getLoc()) << "': '"
                         << op->getName()
                         << "' in blocks on a tensor that is not constant cannot be compiled";
}
