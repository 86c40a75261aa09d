// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Passes may run in parallel, and a remark engine takes remarks from one thread. So passes write
/// to the decision log, and this hands it to the engine once they are done.

#include "tools/Driver/Remarks.h"

#include "bitwright/Support/Error.h"
#include "dialects/QNN/DecisionLog.h"
#include "dialects/QNN/QNNDialect.h"
#include "mlir/Remark/RemarkStreamer.h"
#include "tools/Driver/ModuleIO.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/Regex.h"

using namespace mlir;
using namespace bitwright;

llvm::Expected<RemarkRequest> RemarkRequest::get(const MlirOptMainConfig &config) {
  RemarkRequest request;
  request.all = config.getRemarksAllFilter();
  request.passed = config.getRemarksPassedFilter();
  request.missed = config.getRemarksMissedFilter();
  request.failed = config.getRemarksFailedFilter();
  request.analysis = config.getRemarksAnalyseFilter();
  request.wanted = config.shouldEmitRemarks();
  request.format = config.getRemarkFormat();
  request.policy = config.getRemarkPolicy();
  for (const std::string *filter :
       {&request.all, &request.passed, &request.missed, &request.failed, &request.analysis}) {
    std::string error;
    if (!filter->empty() && !llvm::Regex(*filter).isValid(error))
      return makeError("the remark filter '" + *filter + "' is no regular expression: " + error);
  }
  bool inFile = request.format != RemarkFormat::REMARK_FORMAT_STDOUT;
  std::string file = config.getRemarksOutputFile();
  if (!file.empty() && !(inFile && request.wanted))
    return makeError("--remarks-output-file needs --remark-format=yaml or bitstream, and a filter: "
                     "--remarks-filter=.* writes all");
  if (inFile && request.wanted && file.empty())
    file = request.format == RemarkFormat::REMARK_FORMAT_YAML ? "mlir-remarks.yaml"
                                                              : "mlir-remarks.bitstream";
  request.file = std::move(file);
  return request;
}

static std::unique_ptr<remark::detail::RemarkEmittingPolicyBase> makePolicy(RemarkPolicy policy) {
  if (policy == RemarkPolicy::REMARK_POLICY_FINAL)
    return std::make_unique<remark::RemarkEmittingPolicyFinal>();
  return std::make_unique<remark::RemarkEmittingPolicyAll>();
}

/// Hands all decisions to the engine, which ends with this: a file of remarks is complete then.
static void emitDecisions(MLIRContext &context) {
  std::vector<Decision> decisions = qnn::getDecisionLog(&context).sorted();
  for (const Decision &decision : decisions) {
    Location loc = decision.location ? Location(decision.location) : UnknownLoc::get(&context);
    auto opts = remark::RemarkOpts::name(decision.choice).category(decision.pass);
    auto remark = decision.applied ? remark::passed(loc, opts) : remark::missed(loc, opts);
    remark << remark::metric("Node", decision.node) << remark::metric("Op", decision.op);
    if (!decision.reason.empty())
      remark << remark::metric("Reason", decision.reason);
  }
  context.setRemarkEngine(nullptr);
}

llvm::Error bitwright::emitRemarks(MLIRContext &context, const RemarkRequest &request,
                                   OutputGroup *group) {
  if (!request.wanted)
    return llvm::Error::success();
  remark::RemarkCategories categories{request.all, request.passed, request.missed, request.analysis,
                                      request.failed};
  if (request.file.empty()) {
    if (failed(remark::enableOptimizationRemarks(context, nullptr, makePolicy(request.policy),
                                                 categories, /*printAsEmitRemarks=*/true)))
      return makeError("remarks cannot be printed");
    emitDecisions(context);
    return llvm::Error::success();
  }
  llvm::SmallString<128> temporary;
  if (std::error_code code = llvm::sys::fs::createTemporaryFile("bitwright", "remarks", temporary))
    return makeError("cannot write '" + request.file + "': " + code.message());
  llvm::FileRemover remover(temporary);
  auto format = request.format == RemarkFormat::REMARK_FORMAT_YAML
                    ? llvm::remarks::Format::YAML
                    : llvm::remarks::Format::Bitstream;
  if (failed(remark::enableOptimizationRemarksWithLLVMStreamer(
          context, temporary, format, makePolicy(request.policy), categories)))
    return makeError("cannot write '" + request.file + "'");
  emitDecisions(context);
  auto contents = readFile(temporary);
  if (!contents)
    return contents.takeError();
  return writeFileAtomically(request.file, (*contents)->getBuffer(), group);
}
