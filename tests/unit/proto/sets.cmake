# Descriptor sets of the .proto files in data/, made while building: the macro TEST_SETS is the folder they are in.
set(proto_sets ${CMAKE_CURRENT_BINARY_DIR}/proto_sets)
set(proto_data ${CMAKE_CURRENT_SOURCE_DIR}/unit/proto/data)
file(MAKE_DIRECTORY ${proto_sets})
file(GLOB_RECURSE proto_data_files CONFIGURE_DEPENDS ${proto_data}/*.proto ${CMAKE_SOURCE_DIR}/proto/*.proto)
set(proto_set_outputs)

# proto_test_set(NAME FILE [protoc options])
function(proto_test_set name file)
  add_custom_command(
    OUTPUT ${proto_sets}/${name}.binpb
    COMMAND ${PROTOC} -I ${proto_data} -I ${CMAKE_SOURCE_DIR}/proto -I ${PROTOBUF_INCLUDE} ${ARGN}
            --descriptor_set_out=${proto_sets}/${name}.binpb ${file}
    DEPENDS ${proto_data_files}
    VERBATIM)
  set(proto_set_outputs ${proto_set_outputs} ${proto_sets}/${name}.binpb PARENT_SCOPE)
endfunction()

proto_test_set(shop shop/v1/shop.proto --include_imports --include_source_info)
proto_test_set(shop_bare shop/v1/shop.proto --include_imports)
proto_test_set(shop_alone shop/v1/shop.proto)
proto_test_set(request request.proto --include_imports --include_source_info)
proto_test_set(two_functions bad/two_functions.proto --include_imports)
add_custom_target(proto_test_sets DEPENDS ${proto_set_outputs})

foreach(module schema schema_made request request_hostile request_required)
  add_dependencies(unit_proto_${module} proto_test_sets)
  target_compile_definitions(unit_proto_${module} PRIVATE TEST_SETS="${proto_sets}")
endforeach()
