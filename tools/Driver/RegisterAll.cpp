// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The list of dialects, passes and pipelines that tools offer, and what plug-ins add.

#include "tools/Driver/RegisterAll.h"
#include "bitwright/Support/InputFiles.h"

#include "bitwright/Support/Plugin.h"
#include "dialects/Kernel/KernelDialect.h"
#include "dialects/QNN/QNNDialect.h"
#include "passes/Assign/Passes.h"
#include "passes/Calibration/Passes.h"
#include "passes/Codegen/Passes.h"
#include "passes/Fusion/Passes.h"
#include "passes/Pipelines/Pipelines.h"
#include "passes/Quantization/Passes.h"
#include "passes/Round/Passes.h"
#include "passes/Simplify/Passes.h"
#include "passes/Transform/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/Tools/Plugins/DialectPlugin.h"
#include "mlir/Tools/Plugins/PassPlugin.h"
#include "mlir/Transforms/Passes.h"

using namespace bitwright;

static void registerBuiltin(mlir::DialectRegistry &registry) {
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  registry.insert<qnn::QNNDialect, kernel::KernelDialect>();
  mlir::registerTransformsPasses();
  codegen::registerCodegenPasses();
  codegen::registerCodegenPipeline();
  registerCalibrationPasses();
  registerAssignPasses();
  registerTransformPasses();
  registerRoundPasses();
  registerQuantizationPasses();
  registerFusionPasses();
  registerSimplifyPasses();
}

/// Takes `--option=VALUE`, or `--option VALUE`, at `index` off the command line.
static std::optional<std::string> takeOption(std::vector<char *> &arguments, size_t index,
                                             llvm::StringRef option) {
  llvm::StringRef argument(arguments[index]);
  if (!argument.consume_front("-"))
    return std::nullopt;
  argument.consume_front("-");
  if (!argument.consume_front(option))
    return std::nullopt;
  auto at = arguments.begin() + index;
  if (argument.consume_front("=")) {
    std::string value = argument.str();
    arguments.erase(at);
    return value;
  }
  if (!argument.empty() || index + 1 == arguments.size())
    return std::nullopt;
  std::string value = arguments[index + 1];
  arguments.erase(at, at + 2);
  return value;
}

/// Plug-ins that know of MLIR only.
template <typename Plugin>
static llvm::Expected<Plugin> loadForeignPlugin(const std::string &path) {
  auto plugin = Plugin::load(path);
  if (!plugin)
    return llvm::createStringError("cannot load plug-in '" + path +
                                   "': " + llvm::toString(plugin.takeError()));
  return *plugin;
}

/// Loads the plug-in that the argument at `index` names; false where it names none.
static llvm::Expected<bool> takePlugin(std::vector<char *> &arguments, size_t index,
                                       mlir::DialectRegistry &registry, Algorithms &algorithms,
                                       InputFiles &inputs) {
  if (auto path = takeOption(arguments, index, "load-plugin")) {
    inputs.add(*path);
    if (llvm::Error error = loadPlugin(*path, registry, algorithms))
      return std::move(error);
  } else if (auto path = takeOption(arguments, index, "load-pass-plugin")) {
    inputs.add(*path);
    auto plugin = loadForeignPlugin<mlir::PassPlugin>(*path);
    if (!plugin)
      return plugin.takeError();
    plugin->registerPassRegistryCallbacks();
  } else if (auto path = takeOption(arguments, index, "load-dialect-plugin")) {
    inputs.add(*path);
    auto plugin = loadForeignPlugin<mlir::DialectPlugin>(*path);
    if (!plugin)
      return plugin.takeError();
    plugin->registerDialectRegistryCallbacks(registry);
  } else {
    return false;
  }
  return true;
}

llvm::Expected<std::shared_ptr<const Algorithms>>
bitwright::registerEverything(std::vector<char *> &arguments, mlir::DialectRegistry &registry,
                              InputFiles &inputs) {
  registerBuiltin(registry);
  auto algorithms = std::make_shared<Algorithms>();
  for (size_t i = 1; i < arguments.size() && llvm::StringRef(arguments[i]) != "--";) {
    llvm::Expected<bool> taken = takePlugin(arguments, i, registry, *algorithms, inputs);
    if (!taken)
      return taken.takeError();
    if (!*taken)
      ++i;
  }
  installAlgorithms(registry, algorithms);
  // Their help lists every scheme.
  registerPipelines(algorithms);
  return algorithms;
}

void bitwright::addPluginOption(llvm::cl::OptionCategory &category) {
  // For the help only: registerEverything has read it.
  static llvm::cl::list<std::string> option{
      "load-plugin", llvm::cl::value_desc("file"), llvm::cl::cat(category),
      llvm::cl::desc("Load a library that adds passes, schemes and the like")};
}
