// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Image layout and padding.

#include "Images.h"

using namespace mlir;

namespace bitwright::onnximport {

ImageView::ImageView(Node &n) : n(n) {
  int64_t rank = n.getRank(0);
  n.expect(rank == 3 || rank == 4,
           "expects an input with one or two spatial dimensions, but got " + Twine(rank - 2));
  line = rank == 3;
}

Value ImageView::toImage(Value value) const {
  if (line)
    value = n.unsqueeze(value, {2});
  return n.transpose(value, {0, 2, 3, 1});
}

Value ImageView::fromImage(Value value) const {
  value = n.transpose(value, {0, 3, 1, 2});
  return line ? n.squeeze(value, {2}) : value;
}

SmallVector<int64_t> ImageView::pair(ArrayRef<int64_t> values, int64_t neutral) const {
  if (!n.expect(static_cast<int64_t>(values.size()) == getSpatialRank(),
                "expects " + Twine(getSpatialRank()) +
                    " values for the spatial dimensions, but got " + Twine(values.size())))
    return {neutral, neutral};
  if (line)
    return {neutral, values[0]};
  return SmallVector<int64_t>(values);
}

SmallVector<int64_t> ImageView::getSizes() const {
  if (n.failed())
    return {ShapedType::kDynamic, ShapedType::kDynamic};
  ArrayRef<int64_t> shape = n.getInputType(0).getShape();
  return pair(shape.drop_front(2), 1);
}

void Window::setAutomaticPads(Node &n, const ImageView &view, StringRef mode) {
  pads.assign(4, 0);
  if (mode == "VALID")
    return;
  if (!n.expect(mode == "SAME_UPPER" || mode == "SAME_LOWER",
                "attribute 'auto_pad' has the unknown value '" + mode + "'"))
    return;
  SmallVector<int64_t> sizes = view.getSizes();
  for (unsigned dim = 0; dim < 2; ++dim) {
    // With stride 1 the padding does not depend on the size.
    int64_t size = strides[dim] == 1 ? 1 : sizes[dim];
    if (!n.expect(!ShapedType::isDynamic(size),
                  "attribute 'auto_pad' needs static spatial sizes; pin them with --dim"))
      return;
    int64_t outputs = (size + strides[dim] - 1) / strides[dim];
    int64_t total = std::max<int64_t>(0, (outputs - 1) * strides[dim] + getReach(dim) - size);
    int64_t smaller = total / 2, larger = total - smaller;
    pads[dim] = mode == "SAME_UPPER" ? smaller : larger;
    pads[dim + 2] = mode == "SAME_UPPER" ? larger : smaller;
  }
}

Window Window::read(Node &n, const ImageView &view, ArrayRef<int64_t> kernel, bool isTransposed) {
  SmallVector<int64_t> ones(view.getSpatialRank(), 1);
  Window window;
  window.kernel = view.pair(kernel, 1);
  window.strides = view.pair(n.getInts("strides", ones), 1);
  window.dilations = view.pair(n.getInts("dilations", ones), 1);
  for (ArrayRef<int64_t> values : {window.kernel, window.strides, window.dilations})
    n.expect(llvm::all_of(values, [](int64_t v) { return v > 0 && v <= INT32_MAX; }),
             "kernel, strides and dilations must be from 1 to 2^31 - 1");
  window.pads.assign(4, 0);
  std::string mode = n.getString("auto_pad", "NOTSET");
  SmallVector<int64_t> noPads(2 * view.getSpatialRank(), 0);
  SmallVector<int64_t> pads = n.getInts("pads", noPads);
  if (n.failed())
    return window;
  // MaxPool of old exporters gives both; auto_pad wins, as the specification says.
  if (mode != "NOTSET" && !mode.empty()) {
    if (!isTransposed)
      window.setAutomaticPads(n, view, mode);
    return window;
  }
  if (!n.expect(pads.size() == noPads.size(), "attribute 'pads' must hold " + Twine(noPads.size()) +
                                                  " values, but holds " + Twine(pads.size())))
    return window;
  n.expect(llvm::all_of(pads, [](int64_t p) { return p >= 0 && p <= INT32_MAX; }),
           "attribute 'pads' must hold values from 0 to 2^31 - 1");
  ArrayRef<int64_t> all(pads);
  window.pads = view.pair(all.take_front(pads.size() / 2), 0);
  window.pads.append(view.pair(all.drop_front(pads.size() / 2), 0));
  return window;
}

} // namespace bitwright::onnximport
