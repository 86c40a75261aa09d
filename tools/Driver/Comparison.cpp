// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// How far outputs are from those of a reference.

#include "bitwright/Support/Error.h"
#include "tools/Driver/Measure.h"
#include <cmath>
#include <limits>

using namespace bitwright;

namespace {
/// Differences of one output, over any number of samples.
class Difference {
public:
  llvm::Error add(const NdArray &got, const NdArray &reference, llvm::StringRef name) {
    if (got.dims != reference.dims)
      return makeError("output '" + name + "' is " + describe(got.dtype, got.dims) +
                       ", but the reference is " + describe(reference.dtype, reference.dims));
    std::vector<double> a = toDoubles(got), b = toDoubles(reference);
    for (size_t i = 0; i < a.size(); ++i)
      addElement(a[i], b[i]);
    return llvm::Error::success();
  }

  void print(llvm::json::Object &object) const {
    object["max_abs_diff"] = maxDifference;
    object["max_abs_ref"] = maxReference;
    object["sqnr_db"] = getSqnr();
  }

private:
  void addElement(double got, double reference) {
    if (std::isfinite(reference)) {
      maxReference = std::max(maxReference, std::fabs(reference));
      signal += reference * reference;
    }
    if (got == reference || (std::isnan(got) && std::isnan(reference)))
      return;
    double difference = std::fabs(got - reference);
    if (!std::isfinite(difference))
      difference = std::numeric_limits<double>::max();
    maxDifference = std::max(maxDifference, difference);
    noise += difference * difference;
  }

  double getSqnr() const {
    if (noise == 0)
      return exactSqnr;
    if (signal == 0 || !std::isfinite(noise))
      return -exactSqnr;
    return 10 * std::log10(signal / noise);
  }

  double maxDifference = 0, maxReference = 0, signal = 0, noise = 0;
};

/// How two sets of class scores agree, along the last axis.
class Agreement {
public:
  void add(const NdArray &got, const NdArray &reference) {
    int64_t classes = got.dims.empty() ? 1 : got.dims.back();
    if (classes < 2 || got.dims != reference.dims)
      return;
    std::vector<double> a = toDoubles(got), b = toDoubles(reference);
    bool areProbabilities = isDistribution(a, classes) && isDistribution(b, classes);
    for (size_t start = 0; start < a.size(); start += classes, ++rows) {
      llvm::MutableArrayRef<double> p(&b[start], classes), q(&a[start], classes);
      same += std::max_element(p.begin(), p.end()) - p.begin() ==
              std::max_element(q.begin(), q.end()) - q.begin();
      if (!areProbabilities) {
        softmax(p);
        softmax(q);
      }
      divergence += getDivergence(p, q);
    }
  }

  void print(llvm::json::Object &object) const {
    if (rows == 0)
      return;
    object["top1_agreement"] = 100.0 * double(same) / double(rows);
    object["kl"] =
        std::isfinite(divergence) ? divergence / double(rows) : std::numeric_limits<double>::max();
  }

private:
  static bool isDistribution(llvm::ArrayRef<double> values, int64_t classes) {
    for (size_t start = 0; start < values.size(); start += classes) {
      double sum = 0;
      for (double value : values.slice(start, classes)) {
        if (!(value >= 0))
          return false;
        sum += value;
      }
      if (!(std::fabs(sum - 1) < 1e-3))
        return false;
    }
    return true;
  }

  static void softmax(llvm::MutableArrayRef<double> row) {
    double most = *std::max_element(row.begin(), row.end()), sum = 0;
    for (double &value : row)
      sum += value = std::exp(value - most);
    for (double &value : row)
      value /= sum;
  }

  /// KL(p || q), with q kept above the smallest probability a float can hold.
  static double getDivergence(llvm::ArrayRef<double> p, llvm::ArrayRef<double> q) {
    double sum = 0;
    for (auto [x, y] : llvm::zip(p, q))
      if (x > 0)
        sum += x * std::log(x / std::max(y, 1e-45));
    return sum;
  }

  int64_t rows = 0, same = 0;
  double divergence = 0;
};
} // namespace

llvm::Expected<llvm::json::Object> bitwright::compareWithRecording(ModelRunner &runner,
                                                                   const Recording &recording) {
  auto results = runner.run(recording.inputs);
  if (!results)
    return results.takeError();
  llvm::json::Array outputs;
  for (const auto &[name, reference] : recording.outputs) {
    Difference difference;
    if (llvm::Error error = difference.add((*results)[runner.findOutput(name)], reference, name))
      return std::move(error);
    llvm::json::Object output{{"name", name}};
    difference.print(output);
    outputs.push_back(std::move(output));
  }
  return llvm::json::Object{{"outputs", std::move(outputs)}};
}

llvm::Expected<llvm::json::Object>
bitwright::compareModels(ModelRunner &runner, ModelRunner &reference, SampleStream &samples) {
  size_t count = runner.getOutputs().size();
  std::vector<Difference> differences(count);
  std::vector<Agreement> agreements(count);
  for (const ValueSpec &output : runner.getOutputs())
    if (reference.findOutput(output.name) < 0)
      return makeError(reference.getLabel() + ": has no output '" + output.name + "'");
  int64_t numSamples = 0;
  for (;; ++numSamples) {
    auto inputs = samples.next();
    if (!inputs)
      return inputs.takeError();
    if (!*inputs)
      break;
    auto got = runner.run(**inputs), expected = reference.run(**inputs);
    if (!got || !expected)
      return llvm::joinErrors(got.takeError(), expected.takeError());
    for (size_t i = 0; i < count; ++i) {
      llvm::StringRef name = runner.getOutputs()[i].name;
      const NdArray &other = (*expected)[reference.findOutput(name)];
      if (llvm::Error error = differences[i].add((*got)[i], other, name))
        return std::move(error);
      agreements[i].add((*got)[i], other);
    }
  }
  llvm::json::Array outputs;
  for (size_t i = 0; i < count; ++i) {
    llvm::json::Object output{{"name", runner.getOutputs()[i].name}};
    differences[i].print(output);
    agreements[i].print(output);
    outputs.push_back(std::move(output));
  }
  return llvm::json::Object{{"outputs", std::move(outputs)}, {"samples", numSamples}};
}
