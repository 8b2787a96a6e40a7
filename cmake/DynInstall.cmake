# What `cmake --install` puts into a prefix: the tool, the libraries, their headers, the modules in
# Dyn, the CMake package, and the runtime for pkg-config. Everything is found relative to its place, so that it may be moved.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package ${CMAKE_INSTALL_LIBDIR}/cmake/Dyn)
set(exported dyn dyn_runtime)
install(DIRECTORY runtime/include/dyn DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
if(TARGET dyn_host)
  list(APPEND exported dyn_host)
  install(DIRECTORY host/include/dyn DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
endif()
foreach(t IN LISTS exported)
  string(REPLACE dyn_ "" short ${t})
  set_target_properties(${t} PROPERTIES EXPORT_NAME ${short} INSTALL_RPATH_USE_LINK_PATH ON)
  if(NOT TARGET Dyn::${short})
    get_target_property(kind ${t} TYPE)
    if(kind STREQUAL EXECUTABLE)
      add_executable(Dyn::${short} ALIAS ${t})
    else()
      add_library(Dyn::${short} ALIAS ${t})
    endif()
  endif()
endforeach()
install(TARGETS ${exported} EXPORT DynTargets
  INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT DynTargets NAMESPACE Dyn:: DESTINATION ${package})
install(DIRECTORY lib/ DESTINATION share/dyn/lib FILES_MATCHING PATTERN *.dyn)

configure_package_config_file(cmake/DynConfig.cmake.in ${PROJECT_BINARY_DIR}/DynConfig.cmake
  INSTALL_DESTINATION ${package})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/DynConfigVersion.cmake
  COMPATIBILITY SameMajorVersion)
install(FILES ${PROJECT_BINARY_DIR}/DynConfig.cmake ${PROJECT_BINARY_DIR}/DynConfigVersion.cmake
  cmake/DynAddProgram.cmake DESTINATION ${package})
file(RELATIVE_PATH to_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(cmake/dyn-runtime.pc.in ${PROJECT_BINARY_DIR}/dyn-runtime.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/dyn-runtime.pc
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
