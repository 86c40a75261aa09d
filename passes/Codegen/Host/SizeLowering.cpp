// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Arithmetic on sizes as code: see SizeLowering.h.

#include "passes/Codegen/Host/SizeLowering.h"

#include "bitwright_rt/abi.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace bitwright::codegen;
using IPred = arith::CmpIPredicate;

SizeLowering::SizeLowering(KernelBuilder builder, Value dims, NodeNames &nodes)
    : k(builder), dims(dims), nodes(nodes) {
  status = k.integer(k.i32(), 0);
  failedNode = k.idx(-1);
}

Value SizeLowering::emitDivision(bool remainder, Value x, Value y) {
  // Neither x / 0 nor the least number / -1 may trap.
  Value isZero = k.compare(IPred::eq, y, k.idx(0));
  Value isMinusOne = k.compare(IPred::eq, y, k.idx(-1));
  Value divisor = k.select(k.bitOr(isZero, isMinusOne), k.idx(1), y);
  Value result =
      remainder ? k.remS(x, divisor) : k.select(isMinusOne, k.sub(k.idx(0), x), k.divS(x, divisor));
  return k.select(isZero, k.idx(0), result);
}

Value SizeLowering::emit(kernel::SizeKind kind, Value x, Value y) {
  using Kind = kernel::SizeKind;
  switch (kind) {
  case Kind::Add:
    return k.add(x, y);
  case Kind::Sub:
    return k.sub(x, y);
  case Kind::Mul:
    return k.mul(x, y);
  case Kind::Min:
    return k.minimum(x, y);
  case Kind::Max:
    return k.maximum(x, y);
  case Kind::Equal:
    return k.extend(k.compare(IPred::eq, x, y), k.i64(), true);
  case Kind::Less:
    return k.extend(k.compare(IPred::slt, x, y), k.i64(), true);
  case Kind::Div:
  case Kind::Rem:
    return emitDivision(kind == Kind::Rem, x, y);
  }
  llvm_unreachable("covered switch");
}

void SizeLowering::require(kernel::RequireOp op) {
  KernelBuilder at(k.builder(), op.getLoc());
  Value bad = at.compare(IPred::eq, valueOf(readSize(op.getCondition())), at.idx(0));
  Value first = at.bitAnd(bad, at.compare(IPred::eq, status, at.integer(at.i32(), 0)));
  status = at.select(first, at.integer(at.i32(), BW_ERR_SHAPE), status);
  failedNode = at.select(first, at.idx(nodes.numberOf(op)), failedNode);
}

void SizeLowering::lower(Block &block) {
  for (Operation &op : block)
    llvm::TypeSwitch<Operation *>(&op)
        .Case([&](kernel::DimOp dim) {
          int64_t input = cast<BlockArgument>(dim.getInput()).getArgNumber();
          int64_t index = input * BW_MAX_RANK + int64_t(dim.getAxis());
          values[dim] = k.load(k.i64(), dims, k.idx(index));
        })
        .Case([&](kernel::SizeOp size) {
          Value x = valueOf(readSize(size.getLhs(), size.getStaticLhs())),
                y = valueOf(readSize(size.getRhs(), size.getStaticRhs()));
          values[size] = emit(size.getKind(), x, y);
        })
        .Case([&](kernel::RequireOp check) { require(check); });
}
