# rowan_contracts: what is generated from .proto files.
#
#   - protobuf-c's code for the contracts that Rowan reads as C structures: descriptor.proto and the annotations;
#   - proto/builtin.h's descriptor set of the contracts that Rowan speaks, for reflection, and of what the files of
#     `rowan init` import, as an array of bytes.
find_program(PROTOC_C protoc-c REQUIRED)
find_program(PROTOC protoc REQUIRED)
find_path(PROTOBUF_INCLUDE google/protobuf/descriptor.proto REQUIRED)

set(contracts ${CMAKE_BINARY_DIR}/contracts)
file(MAKE_DIRECTORY ${contracts})
set(contract_protos google/protobuf/descriptor.proto rowan/v1/annotations.proto)
set(contract_sources)
foreach(file ${contract_protos})
  string(REPLACE .proto .pb-c stem ${file})
  set(source ${PROTOBUF_INCLUDE}/${file})
  if(EXISTS ${CMAKE_SOURCE_DIR}/proto/${file})
    set(source ${CMAKE_SOURCE_DIR}/proto/${file})
  endif()
  add_custom_command(
    OUTPUT ${contracts}/${stem}.c ${contracts}/${stem}.h
    COMMAND ${PROTOC_C} -I ${CMAKE_SOURCE_DIR}/proto -I ${PROTOBUF_INCLUDE} --c_out=${contracts} ${file}
    DEPENDS ${source}
    VERBATIM)
  list(APPEND contract_sources ${contracts}/${stem}.c)
endforeach()

set(builtin_protos
  google/api/field_behavior.proto
  google/rpc/error_details.proto
  google/rpc/status.proto
  grpc/health/v1/health.proto
  grpc/reflection/v1/reflection.proto
  grpc/reflection/v1alpha/reflection.proto
  rowan/v1/annotations.proto
  rowan/v1/explain.proto
  rowan/v1/request.proto)
list(TRANSFORM builtin_protos PREPEND ${CMAKE_SOURCE_DIR}/proto/ OUTPUT_VARIABLE builtin_sources)
set(builtin_google_protos google/protobuf/field_mask.proto google/protobuf/struct.proto google/protobuf/timestamp.proto)
add_custom_command(
  OUTPUT ${contracts}/builtin.binpb
  COMMAND ${PROTOC} -I ${CMAKE_SOURCE_DIR}/proto -I ${PROTOBUF_INCLUDE} --include_imports
          --descriptor_set_out=${contracts}/builtin.binpb ${builtin_protos} ${builtin_google_protos}
  DEPENDS ${builtin_sources}
  VERBATIM)
add_custom_command(
  OUTPUT ${contracts}/builtin.c
  COMMAND ${CMAKE_COMMAND} -DINPUT=${contracts}/builtin.binpb -DOUTPUT=${contracts}/builtin.c
          -DHEADER=proto/builtin.h -DSYMBOL=builtin_descriptors -P ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
  DEPENDS ${contracts}/builtin.binpb ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
  VERBATIM)

add_library(rowan_contracts STATIC ${contract_sources} ${contracts}/builtin.c)
target_compile_options(rowan_contracts PRIVATE -w)
target_include_directories(rowan_contracts SYSTEM PUBLIC ${contracts})
target_include_directories(rowan_contracts PRIVATE ${CMAKE_SOURCE_DIR}) # builtin.c sees its declarations
target_link_libraries(rowan_contracts PUBLIC PkgConfig::PROTOBUF_C)
