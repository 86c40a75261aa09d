// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Resize and its ancestor Upsample.

#include "Images.h"
#include "OpTable.h"
#include "dialects/QNN/QNNOps.h"
#include <cmath>

using namespace mlir;

namespace bitwright::onnximport {

namespace {

/// What a resize does to the two spatial dimensions of an NHWC image.
struct Resampling {
  SmallVector<double> scales;
  Value sizes;
  qnn::ResizeMode mode = qnn::ResizeMode::Nearest;
  qnn::CoordinateMode coordinates = qnn::CoordinateMode::Asymmetric;
  qnn::NearestMode nearest = qnn::NearestMode::Floor;
};

void create(Node &n, const ImageView &view, const Resampling &resampling) {
  if (n.failed())
    return;
  MLIRContext *context = n.getContext();
  Value result = n.create<qnn::ResizeOp>(
      {view.toImage(n.getInput(0)), resampling.sizes},
      {{"scales", DenseF64ArrayAttr::get(context, resampling.scales)},
       {"mode", qnn::ResizeModeAttr::get(context, resampling.mode)},
       {"coordinates", qnn::CoordinateModeAttr::get(context, resampling.coordinates)},
       {"nearest", qnn::NearestModeAttr::get(context, resampling.nearest)}});
  n.setResult(view.fromImage(result));
}

/// floor(size * scale) for height and width, computed at run time where they are dynamic.
Value scaleSizes(Node &n, const ImageView &view, ArrayRef<double> scales) {
  if (n.failed())
    return {};
  SmallVector<int64_t> sizes = view.getSizes();
  if (!llvm::any_of(sizes, ShapedType::isDynamic)) {
    SmallVector<int64_t> scaled;
    for (unsigned dim = 0; dim < 2; ++dim) {
      double size = std::floor(static_cast<double>(sizes[dim]) * scales[dim]);
      if (!n.expect(size >= 0 && size <= static_cast<double>(maxElements),
                    "the result is too large"))
        return {};
      scaled.push_back(static_cast<int64_t>(size));
    }
    return n.createIntegers(scaled);
  }
  auto isWhole = [](double scale) { return scale == std::floor(scale) && scale <= 1 << 20; };
  if (!n.expect(!view.isLine() && llvm::all_of(scales, isWhole),
                "fractional scales need static spatial sizes; pin them with --dim"))
    return {};
  Value shape =
      n.create<qnn::ShapeOp>({n.getInput(0)}, {{"start", n.integer(2)}, {"end", n.integer(4)}});
  Value factors =
      n.createIntegers({static_cast<int64_t>(scales[0]), static_cast<int64_t>(scales[1])});
  return n.create<qnn::MulOp>({shape, factors});
}

/// The two spatial values of a list over all dimensions (or over `axes`); the others must be
/// neutral.
template <typename T, typename IsNeutral>
SmallVector<T> takeSpatial(Node &n, const ImageView &view, ArrayRef<T> values,
                           ArrayRef<int64_t> axes, StringRef what, IsNeutral isNeutral) {
  SmallVector<T> spatial(2, T(1));
  if (n.failed() || !n.expect(values.size() == axes.size(), "expects " + what + " for each axis"))
    return spatial;
  SmallVector<bool> isSet(2, false);
  int64_t offset = view.isLine() ? 1 : 2; // from an axis of the input to {h, w}
  for (auto [value, axis] : llvm::zip(values, axes)) {
    if (axis < 2) {
      n.expect(isNeutral(value, axis), "resizing batch or channels is not supported");
      continue;
    }
    spatial[axis - offset] = value;
    isSet[axis - offset] = true;
  }
  return spatial;
}

void setScales(Node &n, const ImageView &view, Resampling &r, ArrayRef<double> values,
               ArrayRef<int64_t> axes) {
  r.scales = takeSpatial<double>(n, view, values, axes, "a scale",
                                 [](double scale, int64_t) { return scale == 1; });
  r.sizes = scaleSizes(n, view, r.scales);
}

void setSizes(Node &n, const ImageView &view, Resampling &r, ArrayRef<int64_t> values,
              ArrayRef<int64_t> axes) {
  if (n.failed())
    return;
  ArrayRef<int64_t> in = n.getInputType(0).getShape();
  SmallVector<int64_t> old = view.getSizes();
  auto isNeutral = [&](int64_t size, int64_t axis) { return size == in[axis]; };
  SmallVector<int64_t> sizes(old);
  SmallVector<int64_t> spatial = takeSpatial<int64_t>(n, view, values, axes, "a size", isNeutral);
  for (int64_t axis : axes)
    if (axis >= 2)
      sizes[axis - (view.isLine() ? 1 : 2)] = spatial[axis - (view.isLine() ? 1 : 2)];
  if (!n.expect(!llvm::any_of(old, ShapedType::isDynamic),
                "sizes need static spatial sizes of the input; pin them with --dim"))
    return;
  for (unsigned dim = 0; dim < 2; ++dim) {
    n.expect(sizes[dim] > 0 && old[dim] > 0, "expects positive sizes");
    r.scales.push_back(n.failed() ? 1.0 : static_cast<double>(sizes[dim]) / old[dim]);
  }
  r.sizes = n.createIntegers(sizes);
}

void setModes(Node &n, Resampling &r) {
  std::string mode = n.getString("mode", "nearest");
  std::string coordinates = n.getString("coordinate_transformation_mode", "half_pixel");
  std::string nearest = n.getString("nearest_mode", "round_prefer_floor");
  auto parsedMode = qnn::symbolizeResizeMode(mode);
  auto parsedCoordinates = qnn::symbolizeCoordinateMode(coordinates);
  auto parsedNearest = qnn::symbolizeNearestMode(nearest);
  n.expect(parsedMode.has_value(), "attribute 'mode' does not support '" + mode + "'");
  n.expect(parsedCoordinates.has_value(),
           "attribute 'coordinate_transformation_mode' does not support '" + coordinates + "'");
  n.expect(parsedNearest.has_value(),
           "attribute 'nearest_mode' does not support '" + nearest + "'");
  n.expect(n.getFloat("cubic_coeff_a", -0.75f) == -0.75f || mode != "cubic",
           "attribute 'cubic_coeff_a' other than -0.75 is not supported");
  n.expect(!n.getBool("exclude_outside", false) || mode != "cubic",
           "attribute 'exclude_outside' is not supported");
  n.ignoreAttribute("extrapolation_value"); // matters to tf_crop_and_resize alone
  r.mode = parsedMode.value_or(r.mode);
  r.coordinates = parsedCoordinates.value_or(r.coordinates);
  r.nearest = parsedNearest.value_or(r.nearest);
}

bool isGiven(Node &n, unsigned index) {
  if (!n.hasInput(index) || n.failed())
    return false;
  RankedTensorType type = n.getInputType(index);
  return !n.failed() && !(type.hasStaticShape() && type.getNumElements() == 0);
}

std::vector<double> requireScales(Node &n, unsigned index) {
  ConstantPtr constant = n.requireConstant(index, "scales");
  std::optional<std::vector<double>> values = constant ? readFloats(*constant) : std::nullopt;
  n.expect(values && llvm::all_of(*values, [](double v) { return v > 0 && std::isfinite(v); }),
           "scales must be positive");
  return values.value_or(std::vector<double>());
}

/// The sizes of the result along the axes; by its declared shape where they are data.
SmallVector<int64_t> getSizes(Node &n, ArrayRef<int64_t> axes) {
  std::optional<SmallVector<int64_t>> declared = n.getShapeInsteadOf(3);
  if (!declared || static_cast<int64_t>(declared->size()) != n.getRank(0))
    return n.requireIntegers(3, "sizes");
  return llvm::map_to_vector(axes, [&](int64_t axis) { return (*declared)[axis]; });
}

void buildResize11(Node &n) {
  ImageView view(n);
  Resampling r;
  setModes(n, r);
  int64_t rank = n.getRank(0);
  SmallVector<int64_t> axes = axesBetween(0, rank);
  if (n.getOpset() >= 18) {
    axes = n.normalizeAxes(n.getInts("axes", axes), rank);
    n.expect(!n.getBool("antialias", false), "attribute 'antialias' is not supported");
    std::string policy = n.getString("keep_aspect_ratio_policy", "stretch");
    n.expect(policy == "stretch",
             "attribute 'keep_aspect_ratio_policy' does not support '" + policy + "'");
  }
  if (n.failed())
    return;
  if (isGiven(n, 2))
    setScales(n, view, r, requireScales(n, 2), axes);
  else if (isGiven(n, 3))
    setSizes(n, view, r, getSizes(n, axes), axes);
  else
    n.fail("expects scales or sizes");
  create(n, view, r);
}

/// Resize 10 and Upsample: asymmetric, nearest rounds down.
void buildUpsample(Node &n) {
  ImageView view(n);
  Resampling r;
  std::string mode = n.getString("mode", "nearest");
  auto parsed = qnn::symbolizeResizeMode(mode == "bilinear" ? "linear" : mode);
  n.expect(parsed && *parsed != qnn::ResizeMode::Cubic,
           "attribute 'mode' does not support '" + mode + "'");
  r.mode = parsed.value_or(r.mode);
  SmallVector<int64_t> axes = axesBetween(0, n.getRank(0));
  std::vector<double> scales;
  if (n.getOpset() >= 9) {
    scales = requireScales(n, 1);
  } else {
    for (float scale : n.getFloats("scales"))
      scales.push_back(scale);
    n.expect(llvm::all_of(scales, [](double v) { return v > 0 && std::isfinite(v); }),
             "scales must be positive");
  }
  setScales(n, view, r, scales, axes);
  create(n, view, r);
}

} // namespace

ArrayRef<OpEntry> getResizeOps() {
  static const OpEntry entries[] = {
      {"Resize", 2, 2, buildUpsample, 10, 10},
      {"Resize", 1, 4, buildResize11, 11},
      {"Upsample", 1, 1, buildUpsample, 7, 8},
      {"Upsample", 2, 2, buildUpsample, 9, 9},
  };
  return entries;
}

} // namespace bitwright::onnximport
