# patchbay_embed(<target> <function> FILES ... [COMPRESSED])
# Takes files into a target: std::span<const EmbeddedFile> patchbay::<function>(), which the target
# declares itself. Needs Node.js.
function(patchbay_embed target function)
  cmake_parse_arguments(EMBED "COMPRESSED" "" "FILES" ${ARGN})
  set(form plain)
  if(EMBED_COMPRESSED)
    set(form compressed)
  endif()
  set(output ${CMAKE_CURRENT_BINARY_DIR}/${function})
  add_custom_command(
    OUTPUT ${output}.S ${output}.cpp
    COMMAND ${NODE} ${PROJECT_SOURCE_DIR}/tools/embed/embed.mjs
      ${CMAKE_CURRENT_BINARY_DIR} ${function} ${form} ${EMBED_FILES}
    DEPENDS ${PROJECT_SOURCE_DIR}/tools/embed/embed.mjs ${EMBED_FILES}
    COMMENT "Embedding ${function}"
    VERBATIM)
  target_sources(${target} PRIVATE ${output}.S ${output}.cpp)
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/tools/embed)
endfunction()
