# find_package(patchbay) gives patchbay::protocol, patchbay::engineio and patchbay::server; and
# patchbay::client_files, patchbay::auth and patchbay::redis, where what they need was there to build them.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(TARGETS
    patchbay_protocol patchbay_engineio patchbay_server
    patchbay_llhttp patchbay_asio patchbay_rapidjson patchbay_websocketpp
  EXPORT patchbay
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY protocol/include/ engineio/include/ server/include/
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
if(TARGET patchbay_client_files)
  install(TARGETS patchbay_client_files EXPORT patchbay ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(DIRECTORY server/client_files/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
endif()
if(TARGET patchbay_auth)
  install(TARGETS patchbay_auth patchbay_cjose EXPORT patchbay ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(DIRECTORY server/auth/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
endif()
if(TARGET patchbay_redis)
  install(TARGETS patchbay_redis patchbay_hiredis EXPORT patchbay ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(DIRECTORY server/redis/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
endif()
if(TARGET patchbay)
  install(TARGETS patchbay RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()

set(PACKAGE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/patchbay)
install(EXPORT patchbay FILE patchbayTargets.cmake NAMESPACE patchbay:: DESTINATION ${PACKAGE_DIR})
configure_package_config_file(
  ${CMAKE_CURRENT_LIST_DIR}/patchbayConfig.cmake.in ${PROJECT_BINARY_DIR}/patchbayConfig.cmake
  INSTALL_DESTINATION ${PACKAGE_DIR})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/patchbayConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES
    ${PROJECT_BINARY_DIR}/patchbayConfig.cmake ${PROJECT_BINARY_DIR}/patchbayConfigVersion.cmake
  DESTINATION ${PACKAGE_DIR})
