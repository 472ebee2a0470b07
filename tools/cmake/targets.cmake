# patchbay_add_room(<name> SOURCES ... [PUBLIC ...] [PRIVATE ...])
# One library of the project: its public headers lie in include/, its sources in src/. What is linked
# PRIVATE stays invisible to the rooms above, so that a wrong include does not compile.
# With PATCHBAY_UNITY all sources of a room are compiled as one, which takes a fifth of the time. Without
# it each proves that it includes what it uses.
function(patchbay_add_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(patchbay_${name} STATIC ${ROOM_SOURCES})
  add_library(patchbay::${name} ALIAS patchbay_${name})
  target_include_directories(patchbay_${name}
    PUBLIC $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:include>
    PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/src)
  target_compile_features(patchbay_${name} PUBLIC cxx_std_20)
  target_link_libraries(patchbay_${name} PUBLIC ${ROOM_PUBLIC} PRIVATE ${ROOM_PRIVATE})
  set_target_properties(patchbay_${name} PROPERTIES EXPORT_NAME ${name} POSITION_INDEPENDENT_CODE ON
    UNITY_BUILD ${PATCHBAY_UNITY} UNITY_BUILD_BATCH_SIZE 0)
  patchbay_set_warnings(patchbay_${name})
endfunction()
