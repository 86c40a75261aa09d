// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef BITWRIGHT_DIALECTS_KERNEL_KERNELATTRS_TD
#define BITWRIGHT_DIALECTS_KERNEL_KERNELATTRS_TD

include "dialects/Kernel/KernelDialect.td"
include "mlir/IR/EnumAttr.td"

def Kernel_SizeKind : I32EnumAttr<"SizeKind", "arithmetic on sizes", [
  I32EnumAttrCase<"Add", 0, "add">,
  I32EnumAttrCase<"Sub", 1, "sub">,
  I32EnumAttrCase<"Mul", 2, "mul">,
  I32EnumAttrCase<"Div", 3, "div">,
  I32EnumAttrCase<"Rem", 4, "rem">,
  I32EnumAttrCase<"Min", 5, "min">,
  I32EnumAttrCase<"Max", 6, "max">,
  I32EnumAttrCase<"Equal", 7, "equal">,
  I32EnumAttrCase<"Less", 8, "less">]> {
  let cppNamespace = "::bitwright::kernel";
}

def Kernel_LeafAccess : I32EnumAttr<"LeafAccess", "how elementwise ops read a tensor from memory", [
  I32EnumAttrCase<"Full", 0, "full">,
  I32EnumAttrCase<"Column", 1, "column">,
  I32EnumAttrCase<"Scalar", 2, "scalar">,
  I32EnumAttrCase<"Broadcast", 3, "broadcast">]> {
  let cppNamespace = "::bitwright::kernel";
}

#endif // BITWRIGHT_DIALECTS_KERNEL_KERNELATTRS_TD
