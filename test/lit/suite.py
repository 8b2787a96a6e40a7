# Tests of the passes and of the command line: the RUN lines of the files in
# test/lit and test/cli.
import os
import lit.formats

config.name = "dyn"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".dyn", ".test"]
config.excludes = ["Inputs", "unit", "syntax", "runtime", "fuzz"]
config.test_source_root = os.path.join(config.dyn_source, "test")
config.test_exec_root = os.path.join(config.dyn_binary, "test", "lit", "out")
os.makedirs(config.test_exec_root, exist_ok=True)

config.environment["PATH"] = os.pathsep.join(
    config.dyn_tools + [config.llvm_tools, os.environ["PATH"]])
# A cache and a home of its own: no test sees what another build left behind.
config.environment["DYN_CACHE"] = os.path.join(config.test_exec_root, "cache")
config.environment["NO_COLOR"] = "1"
config.environment["LC_ALL"] = "C.UTF-8"

# Data that is not ours to carry: tests that need it are skipped aloud without.
cifar10 = os.environ.get("DYN_CIFAR10", "")
if os.path.isfile(os.path.join(cifar10, "test_batch.bin")):
    config.available_features.add("cifar10")
config.substitutions.append(("%cifar10", cifar10))
config.substitutions.append(("%source", config.dyn_source))
config.substitutions.append(("%build", config.dyn_binary))
