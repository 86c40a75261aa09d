// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Windows and filter banks of signal processing.

#include "Compose.h"
#include "OpTable.h"
#include "dialects/QNN/QNNOps.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>

using namespace mlir;

namespace bitwright::onnximport {

namespace {

int32_t getOutputType(Node &n) {
  int64_t type = n.getInt("output_datatype", Float);
  bool isKnown = type > 0 && type < 100 && getStorageType(n.getContext(), int32_t(type));
  n.expect(isKnown, "attribute 'output_datatype' is no type that is supported");
  return isKnown ? static_cast<int32_t>(type) : int32_t(Float);
}

/// a - b cos(2 pi i / N) + c cos(4 pi i / N), for N the size, less one where it is not periodic.
void buildWindow(Node &n, double a, double b, double c) {
  int32_t type = getOutputType(n);
  bool isPeriodic = n.getBool("periodic", true);
  std::optional<SmallVector<int64_t>> declared = n.getShapeInsteadOf(0);
  Value size =
      declared && declared->size() == 1 ? n.createInteger(declared->front()) : n.getIndexInput(0);
  if (n.failed())
    return;
  if (rankOf(n, size) != 0)
    size = n.reshape(size, {});
  Value period = isPeriodic ? size : sub(n, size, n.createInteger(1));
  Value place = n.create<qnn::RangeOp>({n.createInteger(0), size, n.createInteger(1)});
  auto wide = [&](Value x) { return n.cast(x, Int64, Float); };
  auto constant = [&](double value) { return n.createScalar(Float, value); };
  auto cosine = [&](double turns) {
    Value angle = mul(n, wide(place), constant(2 * llvm::numbers::pi * turns));
    return n.create<qnn::CosOp>({div(n, angle, wide(period))});
  };
  Value window = sub(n, constant(a), mul(n, cosine(1), constant(b)));
  if (c != 0)
    window = add(n, window, mul(n, cosine(2), constant(c)));
  n.setResult(0, n.cast(window, Float, type), type);
}

void buildHannWindow(Node &n) { buildWindow(n, 0.5, 0.5, 0); }
void buildHammingWindow(Node &n) { buildWindow(n, 25.0 / 46.0, 21.0 / 46.0, 0); }
void buildBlackmanWindow(Node &n) { buildWindow(n, 0.42, 0.5, 0.08); }

//===--- mel scale --------------------------------------------------------===//

double toMel(double hertz) { return 2595 * std::log1p(hertz / 700) / std::log(10.0); }
double toHertz(double mel) { return 700 * std::expm1(mel / 2595 * std::log(10.0)); }

/// Triangles of height one over the bins of a spectrum, their corners evenly spaced in mel.
std::vector<float> makeMelWeights(ArrayRef<int64_t> corners, int64_t bins) {
  int64_t bands = static_cast<int64_t>(corners.size()) - 2;
  std::vector<float> weights(bins * bands, 0);
  for (int64_t band = 0; band < bands; ++band) {
    int64_t low = corners[band], center = corners[band + 1], high = corners[band + 2];
    auto set = [&](int64_t bin, double value) {
      weights[bin * bands + band] = static_cast<float>(value);
    };
    if (low == center)
      set(center, 1);
    for (int64_t bin = low; bin <= center && low < center; ++bin)
      set(bin, double(bin - low) / double(center - low));
    for (int64_t bin = center; bin < high; ++bin)
      set(bin, double(high - bin) / double(high - center));
  }
  return weights;
}

std::optional<double> getNumber(Node &n, unsigned index) {
  ConstantPtr constant = n.requireConstant(index, "each input");
  if (n.failed() ||
      !n.expect(constant->type.getNumElements() == 1, "expects inputs of one element"))
    return std::nullopt;
  if (auto floats = readFloats(*constant))
    return floats->front();
  auto integers = readIntegers(*constant);
  return integers ? std::optional<double>(double(integers->front())) : std::nullopt;
}

void buildMelWeightMatrix(Node &n) {
  int32_t type = getOutputType(n);
  double inputs[5] = {};
  for (unsigned i = 0; i < 5; ++i)
    inputs[i] = getNumber(n, i).value_or(0);
  auto [bands, length, rate, lower, upper] = inputs;
  if (n.failed() ||
      !n.expect(bands >= 1 && bands <= 4096 && length >= 1 && length <= 1 << 20,
                "expects 1 to 4096 bands and a transform of 1 to 2^20 samples") ||
      !n.expect(rate > 0 && lower >= 0 && upper >= lower && 2 * upper <= rate,
                "expects frequencies from 0 up to half of the sample rate"))
    return;
  auto count = static_cast<int64_t>(bands), bins = static_cast<int64_t>(length) / 2 + 1;
  double step = (toMel(upper) - toMel(lower)) / (bands + 2);
  SmallVector<int64_t> corners;
  for (int64_t i = 0; i < count + 2; ++i) {
    double hertz = toHertz(double(i) * step + toMel(lower));
    auto bin = static_cast<int64_t>(std::floor((length + 1) * hertz / rate));
    corners.push_back(std::min(bin, bins - 1));
  }
  ConstantPtr weights = makeFloats(n.getContext(), {bins, count}, makeMelWeights(corners, bins));
  ImportedValue result;
  result.elementType = Float;
  result.constant = weights; // known, so that what multiplies by it is a linear op
  if (type == Float)
    return n.setResult(0, result);
  n.setResult(0, n.cast(n.materialize(result), Float, type), type);
}

} // namespace

ArrayRef<OpEntry> getSignalOps() {
  static const OpEntry entries[] = {
      {"BlackmanWindow", 1, 1, buildBlackmanWindow, 17},
      {"HammingWindow", 1, 1, buildHammingWindow, 17},
      {"HannWindow", 1, 1, buildHannWindow, 17},
      {"MelWeightMatrix", 5, 5, buildMelWeightMatrix, 17},
  };
  return entries;
}

} // namespace bitwright::onnximport
