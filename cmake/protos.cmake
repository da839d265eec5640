# rowan_contracts: protobuf-c's code for the contracts that Rowan itself reads: descriptor.proto and the annotations.
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

add_library(rowan_contracts STATIC ${contract_sources})
target_compile_options(rowan_contracts PRIVATE -w)
target_include_directories(rowan_contracts SYSTEM PUBLIC ${contracts})
target_link_libraries(rowan_contracts PUBLIC PkgConfig::PROTOBUF_C)
