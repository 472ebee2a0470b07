# All from Debian 12; tools/setup installs them. Third-party headers are SYSTEM: their warnings are
# not ours to fix.
find_package(OpenSSL 3 REQUIRED COMPONENTS Crypto SSL)
find_package(simdjson REQUIRED)
find_package(Threads REQUIRED)
find_package(ZLIB REQUIRED)

# llhttp comes as generated C in the package node-llhttp.
find_path(LLHTTP_INCLUDE_DIR llhttp.h PATHS /usr/share/include/llhttp REQUIRED)
find_path(LLHTTP_SOURCE_DIR llhttp.c PATHS /usr/share/llhttp REQUIRED)
add_library(patchbay_llhttp STATIC
  ${LLHTTP_SOURCE_DIR}/api.c ${LLHTTP_SOURCE_DIR}/http.c ${LLHTTP_SOURCE_DIR}/llhttp.c)
target_include_directories(patchbay_llhttp SYSTEM PUBLIC $<BUILD_INTERFACE:${LLHTTP_INCLUDE_DIR}>)
target_compile_definitions(patchbay_llhttp PRIVATE LLHTTP_STRICT_MODE=1)
set_target_properties(patchbay_llhttp PROPERTIES POSITION_INDEPENDENT_CODE ON)

find_path(ASIO_INCLUDE_DIR asio.hpp REQUIRED)
add_library(patchbay_asio INTERFACE)
target_include_directories(patchbay_asio SYSTEM INTERFACE $<BUILD_INTERFACE:${ASIO_INCLUDE_DIR}>)
target_compile_definitions(patchbay_asio INTERFACE ASIO_NO_DEPRECATED)
target_link_libraries(patchbay_asio INTERFACE Threads::Threads)

find_path(RAPIDJSON_INCLUDE_DIR rapidjson/reader.h REQUIRED)
add_library(patchbay_rapidjson INTERFACE)
target_include_directories(patchbay_rapidjson SYSTEM INTERFACE $<BUILD_INTERFACE:${RAPIDJSON_INCLUDE_DIR}>)

find_path(WEBSOCKETPP_INCLUDE_DIR websocketpp/frame.hpp REQUIRED)
add_library(patchbay_websocketpp INTERFACE)
target_include_directories(patchbay_websocketpp SYSTEM INTERFACE $<BUILD_INTERFACE:${WEBSOCKETPP_INCLUDE_DIR}>)

# For the add-on patchbay::auth, which is left out where there is none.
find_path(CJOSE_INCLUDE_DIR cjose/cjose.h)
find_library(CJOSE_LIBRARY cjose)
if(CJOSE_INCLUDE_DIR AND CJOSE_LIBRARY)
  add_library(patchbay_cjose INTERFACE)
  target_include_directories(patchbay_cjose SYSTEM INTERFACE $<BUILD_INTERFACE:${CJOSE_INCLUDE_DIR}>)
  target_link_libraries(patchbay_cjose INTERFACE ${CJOSE_LIBRARY})
endif()

# For the add-on patchbay::redis, likewise.
find_path(HIREDIS_INCLUDE_DIR hiredis/hiredis.h)
find_library(HIREDIS_LIBRARY hiredis)
if(HIREDIS_INCLUDE_DIR AND HIREDIS_LIBRARY)
  add_library(patchbay_hiredis INTERFACE)
  target_include_directories(patchbay_hiredis SYSTEM INTERFACE $<BUILD_INTERFACE:${HIREDIS_INCLUDE_DIR}>)
  target_link_libraries(patchbay_hiredis INTERFACE ${HIREDIS_LIBRARY})
endif()
