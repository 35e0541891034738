# Helpers for the targets of this project: one static library per folder of core, one test program per module.

add_library(cyto_options INTERFACE)
target_include_directories(cyto_options INTERFACE ${CMAKE_SOURCE_DIR})
# -Wrestrict of g++ 12 warns about every "text" + std::string (GCC bug 105651).
target_compile_options(cyto_options INTERFACE -Wall -Wextra -Wno-unused-parameter $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
if(CYTOCLICK_WARNINGS_AS_ERRORS)
  target_compile_options(cyto_options INTERFACE -Werror)
endif()
if(CYTOCLICK_FUZZ)
  # Undefined behaviour ends the program, so that the fuzzer notices it.
  set(fuzz_options -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined)
  add_compile_options(${fuzz_options} -fno-omit-frame-pointer)
  add_link_options(${fuzz_options})
endif()
if(CYTOCLICK_SANITIZE)
  add_compile_options(-fsanitize=${CYTOCLICK_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${CYTOCLICK_SANITIZE})
endif()

# cyto_library(NAME SOURCES … PUBLIC … PRIVATE …): third-party libraries belong under PRIVATE.
function(cyto_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;PUBLIC;PRIVATE")
  add_library(${name} STATIC ${arg_SOURCES})
  target_link_libraries(${name} PUBLIC cyto_options ${arg_PUBLIC} PRIVATE ${arg_PRIVATE})
endfunction()

# cyto_test(NAME SOURCES … LIBRARIES … LABELS … [WHOLE]): a GoogleTest program. WHOLE registers one CTest entry
# for the program instead of one per case, for programs that are slow to start.
function(cyto_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "WHOLE" "TIMEOUT" "SOURCES;LIBRARIES;LABELS")
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE cyto_options ${arg_LIBRARIES} cyto_test_support GTest::gmock GTest::gtest_main)
  set(properties LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT} SKIP_REGULAR_EXPRESSION "\\[  SKIPPED \\] 1 test"
    ENVIRONMENT OMP_NUM_THREADS=2)
  if(arg_WHOLE)
    add_test(NAME ${name} COMMAND ${name})
    list(REMOVE_ITEM properties SKIP_REGULAR_EXPRESSION "\\[  SKIPPED \\] 1 test")
    set_tests_properties(${name} PROPERTIES ${properties})
  else()
    gtest_discover_tests(${name} TEST_PREFIX ${name}. DISCOVERY_MODE PRE_TEST PROPERTIES ${properties})
  endif()
endfunction()
