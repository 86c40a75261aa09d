// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Fields of the structures of abi.h, and where a data layout puts them.

#include "bitwright/Target/AbiLayout.h"
#include "llvm/IR/DataLayout.h"

using namespace bitwright;
using Field = AbiLayout::Field;

static constexpr Field execFields[] = {Field::Pointer, Field::Pointer, Field::Pointer,
                                       Field::Pointer, Field::Pointer, Field::Int64,
                                       Field::Int64};
static constexpr Field planInfoFields[] = {Field::Int64, Field::Int64, Field::Int64};
static constexpr Field modelDescFields[] = {
    Field::Int32,   Field::Int32,   Field::Int64,                   // magic, version, size
    Field::Int32,   Field::Int32,   Field::Int64,                   // arch, reserved, features
    Field::Int64,   Field::Int64,                                   // weights
    Field::Pointer, Field::Pointer, Field::Pointer,                 // name, target, scheme
    Field::Int32,   Field::Int32,   Field::Pointer, Field::Pointer, // inputs and outputs
    Field::Int64,   Field::Pointer,                                 // states
    Field::Int64,   Field::Pointer,                                 // nodes
    Field::Int64,   Field::Pointer,                                 // observers
    Field::Int64,   Field::Pointer, Field::Pointer, Field::Pointer, // frame, plan, invoke, weights
};

AbiLayout::Struct AbiLayout::layOut(llvm::ArrayRef<Field> fields) const {
  Struct result;
  for (Field field : fields) {
    uint64_t bytes = field == Field::Pointer ? pointerBytes : field == Field::Int32 ? 4 : 8;
    uint64_t align = field == Field::Pointer ? pointerAlign
                     : field == Field::Int32 ? int32Align
                                             : int64Align;
    result.bytes = llvm::alignTo(result.bytes, align);
    result.offsets.push_back(result.bytes);
    result.bytes += bytes;
    result.align = std::max(result.align, align);
  }
  result.bytes = llvm::alignTo(result.bytes, result.align);
  return result;
}

AbiLayout::AbiLayout(const llvm::DataLayout &dataLayout)
    : pointerBytes(dataLayout.getPointerSize(0)),
      pointerAlign(dataLayout.getPointerABIAlignment(0).value()),
      int32Align(dataLayout.getABIIntegerTypeAlignment(32).value()),
      int64Align(dataLayout.getABIIntegerTypeAlignment(64).value()), exec(layOut(execFields)),
      planInfo(layOut(planInfoFields)), modelDesc(layOut(modelDescFields)) {}
