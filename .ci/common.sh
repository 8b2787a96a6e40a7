# Shared by .ci/start and .ci/test: install what is missing, then build.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

packages=(cmake ninja-build clang-22 lld-22 llvm-22-dev libmlir-22-dev mlir-22-tools llvm-22-tools
  libclang-rt-22-dev antlr4 libantlr4-runtime-dev libfmt-dev libgtest-dev nlohmann-json3-dev
  zlib1g-dev libxxhash-dev libcli11-dev pkgconf python3)

say() { printf '== %s\n' "$*"; }

install_packages() {
  local missing=()
  for p in "${packages[@]}"; do
    dpkg -s "$p" >/dev/null 2>&1 || missing+=("$p")
  done
  if [ ${#missing[@]} -eq 0 ]; then return; fi
  if ! command -v apt-get >/dev/null; then
    echo "error: apt-get was not found; install these packages by hand: ${missing[*]}" >&2
    exit 2
  fi
  local root=()
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null || ! sudo -n true 2>/dev/null; then
      echo "error: these packages are missing and installing them needs root: ${missing[*]}" >&2
      echo "  run once: sudo apt-get install ${missing[*]}" >&2
      exit 2
    fi
    root=(sudo)
  fi
  say "installing ${missing[*]}"
  "${root[@]}" apt-get update -q >/dev/null
  if ! "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" >/dev/null; then
    echo "error: apt-get could not install them; the packages of LLVM 22 must be among its sources" >&2
    exit 2
  fi
}

build() {
  install_packages
  say "configuring"
  cmake --preset default "$@" >build-configure.log 2>&1 || { cat build-configure.log; exit 1; }
  rm -f build-configure.log
  say "building"
  cmake --build --preset default
}
