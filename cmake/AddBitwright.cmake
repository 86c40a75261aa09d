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
  if(NOT CMAKE_CURRENT_SOURCE_DIR MATCHES "^${PROJECT_SOURCE_DIR}/tools/")
    set_property(GLOBAL APPEND PROPERTY BITWRIGHT_LIBRARIES ${name})
  endif()
endfunction()

# Everything but the tools in one shared library, build/lib/libBitwright.so: one copy of each op and
# registry for the tools and for the plug-ins that they load. Unit tests link its static parts.
function(bitwright_add_shared_library)
  get_property(libraries GLOBAL PROPERTY BITWRIGHT_LIBRARIES)
  set(objects "")
  set(others "")
  foreach(library ${libraries})
    list(APPEND objects $<TARGET_OBJECTS:${library}>)
    get_target_property(linked ${library} LINK_LIBRARIES)
    list(APPEND others ${linked})
  endforeach()
  list(REMOVE_DUPLICATES others)
  list(REMOVE_ITEM others ${libraries} MLIR LLVM Eigen3::Eigen) # Eigen is headers
  add_library(Bitwright SHARED ${objects})
  set_target_properties(Bitwright PROPERTIES LINKER_LANGUAGE CXX INSTALL_RPATH ${LLVM_LIBRARY_DIR}
    SOVERSION ${PROJECT_VERSION})
  target_link_libraries(Bitwright PUBLIC MLIR LLVM PRIVATE ${others})
  # The linker's own symbols are nobody's business.
  target_link_options(Bitwright PRIVATE -Wl,--exclude-libs,ALL)
endfunction()

# What `find_package(Bitwright)` finds: headers, the shared library, bitwright_add_plugin.
function(bitwright_install_package)
  include(CMakePackageConfigHelpers)
  set(package lib/cmake/Bitwright)
  set(headers include/bitwright-compiler)
  foreach(folder dialects passes)
    foreach(root ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})
      install(DIRECTORY ${root}/${folder} DESTINATION ${headers} FILES_MATCHING
        PATTERN "*.h" PATTERN "*.td" PATTERN "*.h.inc" PATTERN "CMakeFiles" EXCLUDE)
    endforeach()
  endforeach()
  foreach(root ${PROJECT_SOURCE_DIR}/include ${PROJECT_BINARY_DIR})
    install(DIRECTORY ${root}/bitwright DESTINATION ${headers} FILES_MATCHING PATTERN "*.h")
  endforeach()
  install(TARGETS Bitwright EXPORT BitwrightTargets LIBRARY DESTINATION lib OPTIONAL
    INCLUDES DESTINATION ${headers} include)
  install(EXPORT BitwrightTargets NAMESPACE Bitwright:: DESTINATION ${package})
  configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/BitwrightConfig.cmake.in
    ${PROJECT_BINARY_DIR}/BitwrightConfig.cmake INSTALL_DESTINATION ${package})
  write_basic_package_version_file(${PROJECT_BINARY_DIR}/BitwrightConfigVersion.cmake
    COMPATIBILITY SameMinorVersion)
  install(FILES ${PROJECT_BINARY_DIR}/BitwrightConfig.cmake
    ${PROJECT_BINARY_DIR}/BitwrightConfigVersion.cmake DESTINATION ${package})
endfunction()

# bitwright_add_tool(name SOURCES main.cpp LINK_LIBS ...): build/bin/name.
function(bitwright_add_tool name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK_LIBS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  add_dependencies(${name} bitwright-headers)
  bitwright_use_pch(${name})
  target_link_libraries(${name} PRIVATE ${ARG_LINK_LIBS} MLIR LLVM)
  set_target_properties(${name} PROPERTIES
    INSTALL_RPATH "$ORIGIN/../lib;${LLVM_LIBRARY_DIR}")
  # What was not built is not installed: ./quickstart builds the tools alone.
  install(TARGETS ${name} RUNTIME DESTINATION bin OPTIONAL)
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

# dialects/<Name>/: <Name>Ops.td, <Name>Attrs.td and, where there is one, <Name>Interfaces.td -> library
# Bitwright<Name>Dialect.
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
  if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${name}Interfaces.td)
    set(LLVM_TARGET_DEFINITIONS ${name}Interfaces.td)
    mlir_tablegen(${name}Interfaces.h.inc -gen-op-interface-decls)
    mlir_tablegen(${name}Interfaces.cpp.inc -gen-op-interface-defs)
  endif()
  add_public_tablegen_target(Bitwright${name}IncGen)
  add_dependencies(bitwright-headers Bitwright${name}IncGen)
  bitwright_tablegen_doc(${name}Ops.td ${name}Dialect -gen-dialect-doc -dialect=${mnemonic})
  bitwright_add_library(Bitwright${name}Dialect ${ARGN})
endfunction()

# passes/<Family>/: Passes.td -> library Bitwright<Family>Passes.
function(add_bitwright_pass_family name)
  set(LLVM_TARGET_DEFINITIONS Passes.td)
  mlir_tablegen(PassDecls.h.inc -gen-pass-decls -name=${name})
  set(declared ${CMAKE_CURRENT_BINARY_DIR}/PassDecls.h.inc)
  set(header ${CMAKE_CURRENT_BINARY_DIR}/Passes.h.inc)
  # passes/Common/PassStatistic.h says why.
  add_custom_command(OUTPUT ${header} DEPENDS ${declared} VERBATIM
    COMMAND sed "s/::mlir::Pass::Statistic /::bitwright::PassStatistic /" ${declared} > ${header})
  list(APPEND TABLEGEN_OUTPUT ${header})
  add_public_tablegen_target(Bitwright${name}PassesIncGen)
  add_dependencies(bitwright-headers Bitwright${name}PassesIncGen)
  bitwright_tablegen_doc(Passes.td ${name}Passes -gen-pass-doc)
  bitwright_add_library(Bitwright${name}Passes ${ARGN})
endfunction()
