find_package(doctest REQUIRED)
find_program(NODE node REQUIRED)
include(doctest)

# patchbay_add_tests(<name> LABEL <label> SOURCES ... LINK ... [INCLUDE ...])
# One program; each of its test cases is a test of CTest's.
function(patchbay_add_tests name)
  cmake_parse_arguments(TESTS "SERIAL" "LABEL" "SOURCES;LINK;INCLUDE" ${ARGN})
  add_executable(${name} ${TESTS_SOURCES})
  target_link_libraries(${name} PRIVATE patchbay_test_main ${TESTS_LINK})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests/support ${TESTS_INCLUDE})
  patchbay_set_warnings(${name})
  doctest_discover_tests(${name} TEST_PREFIX "${name}: " PROPERTIES LABELS ${TESTS_LABEL} TIMEOUT 120 RUN_SERIAL ${TESTS_SERIAL})
endfunction()

# patchbay_add_node_tests(<name> LABEL <label> FILES ... [TIMEOUT seconds] [ENVIRONMENT VAR=value ...])
# Each file is a test of CTest's, run by Node's own test runner.
function(patchbay_add_node_tests name)
  cmake_parse_arguments(TESTS "" "LABEL;TIMEOUT" "FILES;ENVIRONMENT" ${ARGN})
  foreach(file ${TESTS_FILES})
    cmake_path(GET file STEM LAST_ONLY stem)
    string(REPLACE ".test" "" stem ${stem})
    add_test(NAME "${name}: ${stem}" COMMAND ${NODE} --test ${file} WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR})
    set_tests_properties("${name}: ${stem}" PROPERTIES
      LABELS ${TESTS_LABEL} TIMEOUT ${TESTS_TIMEOUT} ENVIRONMENT "${TESTS_ENVIRONMENT}")
  endforeach()
endfunction()
