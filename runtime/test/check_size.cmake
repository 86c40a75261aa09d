# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
execute_process(COMMAND ${SIZE_TOOL} -t ${LIBRARY} OUTPUT_VARIABLE out RESULT_VARIABLE rc)
if(NOT rc EQUAL 0 OR NOT out MATCHES "\n *([0-9]+)[^\n]*TOTALS")
  message(FATAL_ERROR "cannot measure ${LIBRARY}: ${out}")
endif()
message("the runtime's code takes ${CMAKE_MATCH_1} bytes")
if(CMAKE_MATCH_1 GREATER 40960)
  message(FATAL_ERROR "expected at most 40960")
endif()
