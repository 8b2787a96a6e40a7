# dyn_add_program(NAME SOURCES program.dyn
#                 [FUNCTIONS f...] [DEPENDS module.dyn...] [FLAGS flag...])
#
# Compiles a program to a static library and a C header, both named after the source. A target that
# links with NAME includes the header and gets the runtime. FUNCTIONS: the entries that are wanted,
# else all that can be called. DEPENDS: modules of one's own that the program uses. FLAGS: of
# `dyn build`, settings of type `dim` among them.
function(dyn_add_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;FUNCTIONS;DEPENDS;FLAGS" ${ARGN})
  list(LENGTH ARG_SOURCES count)
  if(NOT count EQUAL 1 OR ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "dyn_add_program(${name} SOURCES program.dyn [FUNCTIONS f...] "
      "[DEPENDS module.dyn...] [FLAGS flag...]) takes one program")
  endif()
  get_filename_component(source ${ARG_SOURCES} ABSOLUTE)
  get_filename_component(stem ${source} NAME_WE)
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/${name}-dyn)
  set(library ${folder}/lib${stem}.a)
  set(header ${folder}/${stem}.h)
  set(flags ${ARG_FLAGS})
  foreach(f IN LISTS ARG_FUNCTIONS)
    list(APPEND flags --function ${f})
  endforeach()
  set(modules)
  foreach(m IN LISTS ARG_DEPENDS)
    get_filename_component(m ${m} ABSOLUTE)
    list(APPEND modules ${m})
  endforeach()
  add_custom_command(OUTPUT ${library} ${header}
    COMMAND Dyn::dyn build --lib ${source} -o ${folder} ${flags}
    DEPENDS ${source} ${modules} Dyn::dyn
    COMMENT "Compiling ${stem}.dyn"
    VERBATIM)
  add_custom_target(${name}-dyn DEPENDS ${library} ${header})
  add_library(${name} INTERFACE)
  add_dependencies(${name} ${name}-dyn)
  target_include_directories(${name} INTERFACE ${folder})
  target_link_libraries(${name} INTERFACE ${library} Dyn::runtime)
endfunction()
