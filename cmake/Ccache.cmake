# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
include_guard()

# Compile through ccache where it is installed. The sloppiness is what ccache
# needs to cache precompiled headers; the base directory lets two checkouts
# share their cache.
find_program(BITWRIGHT_CCACHE ccache)
if(BITWRIGHT_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(launcher ${CMAKE_COMMAND} -E env
    CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1
    CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
    ${BITWRIGHT_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
endif()
