# rowan_layer(NAME [LOWER]): the static library rowan_NAME of the sources in NAME/, on top of LOWER.
function(rowan_layer name)
  set(view ${CMAKE_BINARY_DIR}/layers/${name})
  file(MAKE_DIRECTORY ${view})
  file(CREATE_LINK ${CMAKE_SOURCE_DIR}/${name} ${view}/${name} SYMBOLIC)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${name}/*.c)
  list(REMOVE_ITEM sources ${CMAKE_SOURCE_DIR}/server/main.c)
  add_library(rowan_${name} STATIC ${sources})
  target_include_directories(rowan_${name} PUBLIC ${view})
  target_link_libraries(rowan_${name} PUBLIC ${ARGN})
endfunction()

# The include paths above keep our own folders in order; this checks where gRPC and libpq are included as well.
add_custom_target(layers ALL COMMAND ${CMAKE_SOURCE_DIR}/tests/lint/layers.sh VERBATIM)
