# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
include_guard()

# The test vocabulary of the project: lit suites, unit tests and scripts, all run by ctest.

find_package(GTest REQUIRED)
find_program(BITWRIGHT_LIT NAMES lit-22 llvm-lit lit PATHS ${LLVM_TOOLS_BINARY_DIR} NO_DEFAULT_PATH)
find_program(BITWRIGHT_LIT NAMES lit-22 REQUIRED)
# Debian's Python: numpy and onnx are packages of this one.
set(BITWRIGHT_PYTHON /usr/bin/python3 CACHE FILEPATH "Python with numpy and onnx, for the tests")
set(BITWRIGHT_TEST_RESULTS ${PROJECT_BINARY_DIR}/test/results)
file(MAKE_DIRECTORY ${BITWRIGHT_TEST_RESULTS})

# Test data that is kept compact in the repository; part of the default build.
function(bitwright_add_test_data)
  set(models ${PROJECT_SOURCE_DIR}/test/models)
  set(folder ${PROJECT_BINARY_DIR}/test/data/fashion)
  add_custom_command(OUTPUT ${folder}/test_x.npy ${folder}/test_y.npy
    COMMAND ${BITWRIGHT_PYTHON} ${models}/expand_fashion.py ${models}/fashion/test.npz ${folder}
    DEPENDS ${models}/expand_fashion.py ${models}/fashion/test.npz
    COMMENT "Expanding the Fashion-MNIST test set")
  add_custom_target(bitwright-test-data ALL DEPENDS ${folder}/test_x.npy ${folder}/test_y.npy)
endfunction()

# bitwright_add_unit_test(name SOURCES a.cpp ... LINK_LIBS Other ...): a GoogleTest executable.
function(bitwright_add_unit_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK_LIBS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  add_dependencies(${name} bitwright-headers)
  bitwright_use_pch(${name})
  target_link_libraries(${name} PRIVATE ${ARG_LINK_LIBS} MLIR LLVM GTest::gtest GTest::gtest_main)
  set_target_properties(${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/test/unit/bin)
  target_compile_definitions(${name} PRIVATE
    BITWRIGHT_TEST_MODELS="${PROJECT_SOURCE_DIR}/test/models"
    BITWRIGHT_SHARED_DATA="${shared_data}")
  add_test(NAME unit-${name}
    COMMAND ${name} --gtest_output=xml:${BITWRIGHT_TEST_RESULTS}/unit-${name}.xml)
endfunction()

# bitwright_add_script_test(name script.py ARGS ...): a Python script that exits 0 (passed),
# 77 (skipped; its last line of output says why) or anything else (failed).
function(bitwright_add_script_test name script)
  cmake_parse_arguments(ARG "" "TIMEOUT" "ARGS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 900)
  endif()
  get_filename_component(path ${script} ABSOLUTE)
  add_test(NAME ${name} COMMAND ${BITWRIGHT_PYTHON} ${path} ${ARG_ARGS})
  set_tests_properties(${name} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT ${ARG_TIMEOUT} ENVIRONMENT
    "BITWRIGHT_SOURCE=${PROJECT_SOURCE_DIR};BITWRIGHT_BUILD=${PROJECT_BINARY_DIR};BITWRIGHT_SHARED_DATA=${shared_data};PYTHONPATH=${PROJECT_SOURCE_DIR}/test;PYTHONDONTWRITEBYTECODE=1")
endfunction()

# One ctest for each folder (two levels deep) that holds lit tests, and one that compares what lit
# discovers with what the tree holds.
function(bitwright_add_lit_suites)
  file(GLOB_RECURSE files RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} CONFIGURE_DEPENDS *.mlir *.test)
  set(suites "")
  foreach(file ${files})
    if(NOT file MATCHES "(^|/)Inputs/" AND file MATCHES "^(([^/]+)/([^/]+/)?)[^/]*")
      string(REGEX REPLACE "/$" "" suite ${CMAKE_MATCH_1})
      list(APPEND suites ${suite})
    endif()
  endforeach()
  list(REMOVE_DUPLICATES suites)
  set(command ${BITWRIGHT_PYTHON} ${PROJECT_SOURCE_DIR}/scripts/run_lit.py ${BITWRIGHT_LIT}
    ${CMAKE_CURRENT_BINARY_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
  foreach(suite ${suites})
    string(REPLACE "/" "-" name ${suite})
    add_test(NAME lit-${name}
      COMMAND ${command} ${suite} ${BITWRIGHT_TEST_RESULTS}/lit-${name}.xml)
    set_tests_properties(lit-${name} PROPERTIES TIMEOUT 1200)
  endforeach()
  add_test(NAME lit-discovery COMMAND ${command} --check-discovery ${suites})
endfunction()
