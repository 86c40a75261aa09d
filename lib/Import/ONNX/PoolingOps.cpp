// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Pooling over windows and over whole images.

#include "Images.h"
#include "OpTable.h"
#include "Pools.h"
#include "dialects/QNN/QNNOps.h"

using namespace mlir;

namespace bitwright::onnximport {

namespace {

/// Writes the larger results of ceil_mode as padding at the end. Returns true where it had to.
bool roundUp(Node &n, const ImageView &view, Window &window) {
  if (n.failed())
    return false;
  bool isLarger = false;
  SmallVector<int64_t> sizes = view.getSizes();
  for (unsigned dim = 0; dim < 2; ++dim) {
    int64_t stride = window.strides[dim], before = window.pads[dim];
    if (stride == 1)
      continue;
    if (!n.expect(!ShapedType::isDynamic(sizes[dim]),
                  "attribute 'ceil_mode' needs static spatial sizes; pin them with --dim"))
      return false;
    int64_t space = sizes[dim] + before + window.pads[dim + 2] - window.getReach(dim);
    if (!n.expect(space >= 0, "the window is larger than the padded image"))
      return false;
    int64_t outputs = (space + stride - 1) / stride + 1;
    // The last window must begin inside the image or the padding before it.
    if ((outputs - 1) * stride >= sizes[dim] + before)
      --outputs;
    int64_t missing = (outputs - 1) * stride - space;
    if (missing <= 0)
      continue;
    isLarger = true;
    window.pads[dim + 2] += missing;
  }
  return isLarger;
}

void buildMaxPool(Node &n) {
  n.refuseOutput(1, "Indices");
  n.getInt("storage_order", 0); // matters to Indices alone
  ImageView view(n);
  Window window = Window::read(n, view, n.getInts("kernel_shape", {}));
  if (n.getBool("ceil_mode", false))
    roundUp(n, view, window);
  Value result =
      n.create<qnn::MaxPool2dOp>({view.toImage(n.getInput(0))},
                                 {{"kernel", n.ints(window.kernel)},
                                  {"strides", n.ints(window.strides)},
                                  {"pads", n.ints(window.pads)},
                                  {"dilations", n.ints(window.dilations)},
                                  {"unsigned_storage", n.unit(isUnsigned(n.getElementType(0)))}});
  n.setResult(view.fromImage(result));
}

} // namespace

Value averagePool(Node &n, Value x) {
  ImageView view(n);
  Window window = Window::read(n, view, n.getInts("kernel_shape", {}));
  bool countPadding = n.getBool("count_include_pad", false);
  if (n.getBool("ceil_mode", false)) {
    bool isLarger = roundUp(n, view, window);
    n.expect(!isLarger || !countPadding, "attribute 'count_include_pad' is not supported together "
                                         "with a 'ceil_mode' that enlarges the result");
  }
  Value result =
      n.create<qnn::AvgPool2dOp>({view.toImage(x)}, {{"kernel", n.ints(window.kernel)},
                                                     {"strides", n.ints(window.strides)},
                                                     {"pads", n.ints(window.pads)},
                                                     {"dilations", n.ints(window.dilations)},
                                                     {"count_include_pad", n.unit(countPadding)}});
  return view.fromImage(result);
}

namespace {

void buildAveragePool(Node &n) { n.setResult(averagePool(n, n.getInput(0))); }

template <typename Op> void buildGlobalPool(Node &n) {
  int64_t rank = n.getRank(0);
  if (!n.expect(rank >= 2, "expects an input of rank 2 or more"))
    return;
  if (rank == 4) {
    ImageView view(n);
    Value result = n.create<Op>({view.toImage(n.getInput(0))},
                                {{"axes", n.ints({1, 2})}, {"keep_dims", n.unit(true)}});
    return n.setResult(view.fromImage(result));
  }
  SmallVector<int64_t> axes = axesBetween(2, rank);
  n.setResult(n.create<Op>({n.getInput(0)}, {{"axes", n.ints(axes)}, {"keep_dims", n.unit(true)}}));
}

} // namespace

ArrayRef<OpEntry> getPoolingOps() {
  static const OpEntry entries[] = {
      {"AveragePool", 1, 1, buildAveragePool},
      {"GlobalAveragePool", 1, 1, buildGlobalPool<qnn::ReduceMeanOp>},
      {"GlobalMaxPool", 1, 1, buildGlobalPool<qnn::ReduceMaxOp>},
      {"MaxPool", 1, 1, buildMaxPool},
  };
  return entries;
}

} // namespace bitwright::onnximport
