# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
include_guard()

# The build vocabulary of the project: one function per kind of folder.

# One precompiled header of the MLIR core serves every library and tool. Several
# checkouts share a ccache only without it, since it holds absolute paths.
option(BITWRIGHT_PCH "Precompile the common headers" OFF)

function(bitwright_add_pch)
  if(NOT BITWRIGHT_PCH)
    return()
  endif()
  file(WRITE ${PROJECT_BINARY_DIR}/pch.cpp "")
  add_library(BitwrightPCH OBJECT ${PROJECT_BINARY_DIR}/pch.cpp)
  target_precompile_headers(BitwrightPCH PRIVATE ${PROJECT_SOURCE_DIR}/cmake/Prelude.h)
  if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
    target_compile_options(BitwrightPCH PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
  endif()
endfunction()

# Executables are compiled with -fPIC, since the header is and clang refuses the mixture.
function(bitwright_use_pch name)
  if(NOT BITWRIGHT_PCH)
    target_compile_options(${name} PRIVATE -include ${PROJECT_SOURCE_DIR}/cmake/Prelude.h)
    return()
  endif()
  target_precompile_headers(${name} REUSE_FROM BitwrightPCH)
  if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
    target_compile_options(${name} PRIVATE -fPIC "SHELL:-Xclang -fno-pch-timestamp")
  endif()
endfunction()

# bitwright_add_library(Name SOURCES a.cpp ... LINK_LIBS Other ...)
function(bitwright_add_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK_LIBS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  add_dependencies(${name} bitwright-headers)
  bitwright_use_pch(${name})
  target_link_libraries(${name} PUBLIC ${ARG_LINK_LIBS} MLIR LLVM)
endfunction()

# bitwright_add_tool(name SOURCES main.cpp LINK_LIBS ...): build/bin/name.
function(bitwright_add_tool name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK_LIBS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  add_dependencies(${name} bitwright-headers)
  bitwright_use_pch(${name})
  target_link_libraries(${name} PRIVATE ${ARG_LINK_LIBS} MLIR LLVM)
  set_target_properties(${name} PROPERTIES INSTALL_RPATH ${LLVM_LIBRARY_DIR})
  install(TARGETS ${name} RUNTIME DESTINATION bin)
endfunction()

# Writes docs/reference/<output>.md from a .td file; `bitwright-doc` builds them all.
function(bitwright_tablegen_doc td output)
  set(LLVM_TARGET_DEFINITIONS ${td})
  tablegen(MLIR ${output}.md ${ARGN})
  set(page ${PROJECT_BINARY_DIR}/docs/reference/${output}.md)
  add_custom_command(OUTPUT ${page}
    COMMAND ${CMAKE_COMMAND} -E copy ${CMAKE_CURRENT_BINARY_DIR}/${output}.md ${page}
    DEPENDS ${CMAKE_CURRENT_BINARY_DIR}/${output}.md)
  add_custom_target(Bitwright${output}DocGen DEPENDS ${page})
  add_dependencies(bitwright-doc Bitwright${output}DocGen)
endfunction()

# dialects/<Name>/: <Name>Ops.td, <Name>Attrs.td, <Name>Interfaces.td -> library Bitwright<Name>Dialect.
function(add_bitwright_dialect name mnemonic)
  set(LLVM_TARGET_DEFINITIONS ${name}Ops.td)
  mlir_tablegen(${name}Dialect.h.inc -gen-dialect-decls -dialect=${mnemonic})
  mlir_tablegen(${name}Dialect.cpp.inc -gen-dialect-defs -dialect=${mnemonic})
  mlir_tablegen(${name}Ops.h.inc -gen-op-decls -dialect=${mnemonic})
  mlir_tablegen(${name}Ops.cpp.inc -gen-op-defs -dialect=${mnemonic})
  set(LLVM_TARGET_DEFINITIONS ${name}Attrs.td)
  mlir_tablegen(${name}Enums.h.inc -gen-enum-decls)
  mlir_tablegen(${name}Enums.cpp.inc -gen-enum-defs)
  mlir_tablegen(${name}Attrs.h.inc -gen-attrdef-decls -attrdefs-dialect=${mnemonic})
  mlir_tablegen(${name}Attrs.cpp.inc -gen-attrdef-defs -attrdefs-dialect=${mnemonic})
  set(LLVM_TARGET_DEFINITIONS ${name}Interfaces.td)
  mlir_tablegen(${name}Interfaces.h.inc -gen-op-interface-decls)
  mlir_tablegen(${name}Interfaces.cpp.inc -gen-op-interface-defs)
  add_public_tablegen_target(Bitwright${name}IncGen)
  add_dependencies(bitwright-headers Bitwright${name}IncGen)
  bitwright_tablegen_doc(${name}Ops.td ${name}Dialect -gen-dialect-doc -dialect=${mnemonic})
  bitwright_add_library(Bitwright${name}Dialect ${ARGN})
endfunction()

# passes/<Family>/: Passes.td -> library Bitwright<Family>Passes.
function(add_bitwright_pass_family name)
  set(LLVM_TARGET_DEFINITIONS Passes.td)
  mlir_tablegen(Passes.h.inc -gen-pass-decls -name=${name})
  add_public_tablegen_target(Bitwright${name}PassesIncGen)
  add_dependencies(bitwright-headers Bitwright${name}PassesIncGen)
  bitwright_tablegen_doc(Passes.td ${name}Passes -gen-pass-doc)
  bitwright_add_library(Bitwright${name}Passes ${ARGN})
endfunction()
