// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef BITWRIGHT_DIALECTS_QNN_QNNOPS_TD
#define BITWRIGHT_DIALECTS_QNN_QNNOPS_TD

include "dialects/QNN/QNNElementwiseOps.td"
include "dialects/QNN/QNNNetworkOps.td"
include "dialects/QNN/QNNQuantOps.td"
include "dialects/QNN/QNNShapeOps.td"

#endif // BITWRIGHT_DIALECTS_QNN_QNNOPS_TD
