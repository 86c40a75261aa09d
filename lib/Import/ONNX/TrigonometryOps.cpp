// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Trigonometric and hyperbolic functions and their inverses, from the ones
/// that qnn has.

#include "Compose.h"
#include "OpTable.h"
#include "dialects/QNN/QNNOps.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>

using namespace mlir;

namespace bitwright::onnximport {

namespace {

constexpr double pi = llvm::numbers::pi;

Value scalar(Node &n, double value) { return n.createScalar(n.getElementType(0), value); }
Value squareRoot(Node &n, Value x) { return n.create<qnn::SqrtOp>({x}); }
Value absolute(Node &n, Value x) { return n.create<qnn::AbsOp>({x}); }

template <typename Op> void buildUnary(Node &n) { n.setResult(n.create<Op>({n.getInput(0)})); }

void buildTan(Node &n) {
  Value x = n.getInput(0);
  n.setResult(div(n, n.create<qnn::SinOp>({x}), n.create<qnn::CosOp>({x})));
}

/// (exp(x) + sign * exp(-x)) / 2
void buildHyperbolic(Node &n, bool isSine) {
  Value x = n.getInput(0);
  Value up = n.create<qnn::ExpOp>({x});
  Value down = n.create<qnn::ExpOp>({n.create<qnn::NegOp>({x})});
  n.setResult(mul(n, isSine ? sub(n, up, down) : add(n, up, down), scalar(n, 0.5)));
}
void buildSinh(Node &n) { buildHyperbolic(n, /*isSine=*/true); }
void buildCosh(Node &n) { buildHyperbolic(n, /*isSine=*/false); }

//===--- inverses of circular functions -----------------------------------===//

/// The arc tangent of |x| after Cephes' atanf: |x| is brought below tan(pi / 8) by -1 / x or
/// (x - 1) / (x + 1), where a polynomial is good to 2e-8.
Value approximateArcTangent(Node &n, Value magnitude) {
  Value isLarge = n.create<qnn::GreaterOp>({magnitude, scalar(n, std::tan(3 * pi / 8))});
  Value isMiddle = n.create<qnn::GreaterOp>({magnitude, scalar(n, std::tan(pi / 8))});
  Value one = scalar(n, 1);
  Value large = n.create<qnn::NegOp>({n.create<qnn::ReciprocalOp>({magnitude})});
  Value middle = div(n, sub(n, magnitude, one), add(n, magnitude, one));
  Value x = where(n, isLarge, large, where(n, isMiddle, middle, magnitude));
  Value offset =
      where(n, isLarge, scalar(n, pi / 2), where(n, isMiddle, scalar(n, pi / 4), scalar(n, 0)));
  Value z = mul(n, x, x);
  Value p = scalar(n, 8.05374449538e-2);
  for (double coefficient : {-1.38776856032e-1, 1.99777106478e-1, -3.33329491539e-1})
    p = add(n, mul(n, p, z), scalar(n, coefficient));
  return add(n, offset, add(n, mul(n, mul(n, p, z), x), x));
}

/// atan(x) = y + atan((x cos y - sin y) / (cos y + x sin y)); where y is near, that arc is as good
/// as its tangent.
Value refineArcTangent(Node &n, Value magnitude, Value y) {
  Value sine = n.create<qnn::SinOp>({y}), cosine = n.create<qnn::CosOp>({y});
  Value numerator = sub(n, mul(n, magnitude, cosine), sine);
  Value denominator = add(n, cosine, mul(n, magnitude, sine));
  Value refined = add(n, y, div(n, numerator, denominator));
  Value isHuge = n.create<qnn::GreaterOp>({magnitude, scalar(n, 1e17)});
  return where(n, isHuge, scalar(n, pi / 2), refined);
}

Value arcTangent(Node &n, Value x) {
  if (!n.expect(isFloat(n.getElementType(0)), "expects a float input"))
    return {};
  Value magnitude = absolute(n, x);
  Value result = approximateArcTangent(n, magnitude);
  if (n.getElementType(0) == Double)
    result = refineArcTangent(n, magnitude, result);
  Value isNegative = n.create<qnn::LessOp>({x, scalar(n, 0)});
  return where(n, isNegative, n.create<qnn::NegOp>({result}), result);
}

void buildAtan(Node &n) { n.setResult(arcTangent(n, n.getInput(0))); }

/// 2 atan(x / (1 + sqrt((1 - x) (1 + x)))), NaN outside of [-1, 1].
void buildAsin(Node &n) {
  Value x = n.getInput(0), one = scalar(n, 1);
  Value other = squareRoot(n, mul(n, sub(n, one, x), add(n, one, x)));
  n.setResult(mul(n, arcTangent(n, div(n, x, add(n, one, other))), scalar(n, 2)));
}

/// 2 atan(sqrt((1 - x) / (1 + x)))
void buildAcos(Node &n) {
  Value x = n.getInput(0), one = scalar(n, 1);
  Value ratio = squareRoot(n, div(n, sub(n, one, x), add(n, one, x)));
  n.setResult(mul(n, arcTangent(n, ratio), scalar(n, 2)));
}

//===--- inverses of hyperbolic functions ---------------------------------===//

/// log(1 + u) without losing a small u (Kahan): u log(w) / (w - 1) for w = 1 + u, which rounds.
Value logOnePlus(Node &n, Value u) {
  Value one = scalar(n, 1), w = add(n, one, u);
  Value isSmall = n.create<qnn::EqualOp>({w, one});
  Value rest = where(n, isSmall, one, sub(n, w, one));
  Value isInfinite = n.create<qnn::EqualOp>({w, scalar(n, INFINITY)});
  Value scaled = mul(n, n.create<qnn::LogOp>({w}), div(n, u, rest));
  return where(n, isSmall, u, where(n, isInfinite, w, scaled));
}

/// sign(x) log(1 + |x| + x^2 / (1 + sqrt(1 + x^2))); log(2 |x|) where the square is too large.
void buildAsinh(Node &n) {
  Value x = n.getInput(0), one = scalar(n, 1), magnitude = absolute(n, x);
  Value square = mul(n, x, x);
  Value tail = div(n, square, add(n, one, squareRoot(n, add(n, one, square))));
  double limit = n.getElementType(0) == Float16 ? 200 : 1e15;
  Value isLarge = n.create<qnn::GreaterOp>({magnitude, scalar(n, limit)});
  Value large = add(n, n.create<qnn::LogOp>({magnitude}), scalar(n, std::log(2.0)));
  Value result = where(n, isLarge, large, logOnePlus(n, add(n, magnitude, tail)));
  Value isNegative = n.create<qnn::LessOp>({x, scalar(n, 0)});
  n.setResult(where(n, isNegative, n.create<qnn::NegOp>({result}), result));
}

/// log(1 + t + sqrt(2 t + t^2)) for t = x - 1, NaN below 1; log(2 x) where the square is too large.
void buildAcosh(Node &n) {
  Value x = n.getInput(0), t = sub(n, x, scalar(n, 1));
  Value root = squareRoot(n, mul(n, t, add(n, t, scalar(n, 2))));
  double limit = n.getElementType(0) == Float16 ? 200 : 1e15;
  Value isLarge = n.create<qnn::GreaterOp>({x, scalar(n, limit)});
  Value large = add(n, n.create<qnn::LogOp>({x}), scalar(n, std::log(2.0)));
  n.setResult(where(n, isLarge, large, logOnePlus(n, add(n, t, root))));
}

/// log(1 + 2 x / (1 - x)) / 2
void buildAtanh(Node &n) {
  Value x = n.getInput(0);
  Value ratio = div(n, add(n, x, x), sub(n, scalar(n, 1), x));
  n.setResult(mul(n, logOnePlus(n, ratio), scalar(n, 0.5)));
}

} // namespace

ArrayRef<OpEntry> getTrigonometryOps() {
  static const OpEntry entries[] = {
      {"Acos", 1, 1, buildAcos},
      {"Acosh", 1, 1, buildAcosh, 9},
      {"Asin", 1, 1, buildAsin},
      {"Asinh", 1, 1, buildAsinh, 9},
      {"Atan", 1, 1, buildAtan},
      {"Atanh", 1, 1, buildAtanh, 9},
      {"Cos", 1, 1, buildUnary<qnn::CosOp>},
      {"Cosh", 1, 1, buildCosh, 9},
      {"Sin", 1, 1, buildUnary<qnn::SinOp>},
      {"Sinh", 1, 1, buildSinh, 9},
      {"Tan", 1, 1, buildTan},
  };
  return entries;
}

} // namespace bitwright::onnximport
