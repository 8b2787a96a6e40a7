# Target helpers: one function per kind of thing, so that a leaf file has few lines.

# What every C++ target of ours compiles with.
add_library(dyn_warnings INTERFACE)
target_compile_options(dyn_warnings INTERFACE -Wall -Wextra -Wno-unused-parameter
  # libstdc++ 12 calls a function that C++20 deprecates, inside std::stable_sort
  -Wno-deprecated-declarations)
if(DYN_WERROR)
  target_compile_options(dyn_warnings INTERFACE -Werror)
endif()

# The packaged MLIR and LLVM as one pair of shared libraries: naming a component
# would pull a static archive in and with it a second copy of its registries.
add_library(dyn_mlir INTERFACE)
target_include_directories(dyn_mlir SYSTEM INTERFACE ${MLIR_INCLUDE_DIRS} ${LLVM_INCLUDE_DIRS})
target_include_directories(dyn_mlir INTERFACE
  ${PROJECT_SOURCE_DIR}/compiler/include ${PROJECT_BINARY_DIR}/compiler/include)
target_link_libraries(dyn_mlir INTERFACE MLIR LLVM)
target_compile_options(dyn_mlir INTERFACE -fno-exceptions)

# dyn_add_compiler_library(NAME SOURCES... LINK libs... [TABLEGEN targets...])
# A static library of MLIR code that shares the precompiled header.
function(dyn_add_compiler_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK;TABLEGEN" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC dyn_mlir ${ARG_LINK} PRIVATE dyn_warnings)
  target_precompile_headers(${name} REUSE_FROM dyn_pch)
  add_dependencies(${name} dyn_tablegen ${ARG_TABLEGEN})
endfunction()

# dyn_add_passes(ROOM NAME): declarations of the passes in Passes.td of this folder
# as NAMEPasses.h.inc, for the library of the room and those that use it.
function(dyn_add_passes room name)
  set(LLVM_TARGET_DEFINITIONS Passes.td)
  mlir_tablegen(${name}Passes.h.inc -gen-pass-decls -name=${name})
  add_public_tablegen_target(dyn_${room}_passes)
  add_dependencies(dyn_tablegen dyn_${room}_passes)
  target_include_directories(dyn_${room} PUBLIC ${CMAKE_CURRENT_BINARY_DIR})
endfunction()
