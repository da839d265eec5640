#define _GNU_SOURCE /* memmem */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/builtin.h"
#include "proto/schema.h"

/* shop/v1/shop.proto with everything it imports; loaded once. */
static struct schema *shop;
static struct arena *arena;

static int set_up(void **state)
{
  struct error error;
  arena = arena_new(0);
  shop = schema_load_file(TEST_SETS "/shop.binpb", &error);
  if (shop == NULL)
    fprintf(stderr, "%s\n", error.message);
  return shop == NULL;
}

static int tear_down(void **state)
{
  schema_unref(shop);
  arena_free(arena);
  return 0;
}

static const struct schema_message *message_of(const char *full_name)
{
  const struct schema_message *message = schema_find_message(shop, full_name);
  assert_non_null(message);
  return message;
}

static const struct schema_field *field_of(const char *message, const char *name)
{
  const struct schema_field *field = schema_message_field(message_of(message), str_from(name));
  assert_non_null(field);
  return field;
}

static void files_follow_what_they_import(void **state)
{
  for (size_t i = 0; i < shop->n_files; i++) {
    for (size_t j = 0; j < shop->files[i]->n_dependencies; j++) {
      size_t at = 0;
      while (shop->files[at] != shop->files[i]->dependencies[j])
        at++;
      assert_true(at < i);
    }
  }
  const struct schema_file *file = schema_find_file(shop, "shop/v1/shop.proto");
  assert_string_equal(file->package, "shop.v1");
  assert_int_equal(file->n_dependencies, 7);
  assert_string_equal(file->dependencies[6]->name, "shop/v1/types.proto");
  assert_null(schema_find_file(shop, "shop.proto"));
}

static void messages_know_their_names_and_places(void **state)
{
  const struct schema_message *line = message_of("shop.v1.Order.Line");
  assert_string_equal(line->name, "Line");
  assert_string_equal(line->full_name, "shop.v1.Order.Line");
  assert_string_equal(line->file->name, "shop/v1/shop.proto");
  assert_int_equal(line->line, 20);
  assert_false(line->map_entry);
  assert_string_equal(schema_resource_place(line, arena), "shop/v1/shop.proto:20");
  assert_null(schema_find_message(shop, "shop.v1.Missing"));
  assert_null(schema_find_message(shop, "shop.v1.OrderService"));
  assert_null(schema_find_message(shop, "shop.v1.Order.number"));
}

static void fields_stand_in_order_of_their_numbers(void **state)
{
  const struct schema_message *order = message_of("shop.v1.Order");
  for (size_t i = 0; i < order->n_fields; i++) {
    assert_int_equal(order->fields[i].index, i);
    assert_ptr_equal(order->fields[i].parent, order);
    assert_true(i == 0 || order->fields[i].number > order->fields[i - 1].number);
    assert_ptr_equal(schema_message_field_by_number(order, order->fields[i].number), &order->fields[i]);
  }
  static const uint32_t missing[] = {0, 1, 8, 16, 19, 21, UINT32_MAX};
  for (size_t i = 0; i < LENGTH_OF(missing); i++)
    assert_null(schema_message_field_by_number(order, missing[i]));
}

static void fields_are_found_by_either_name(void **state)
{
  const struct schema_message *order = message_of("shop.v1.Order");
  const struct schema_field *placed_at = schema_message_field(order, STR("placed_at"));
  assert_string_equal(placed_at->json_name, "placedAt");
  assert_ptr_equal(schema_message_field(order, STR("placedAt")), placed_at);
  assert_int_equal(schema_message_field(order, STR("theCompany"))->number, 20);
  assert_null(schema_message_field(order, STR("placedat")));
  assert_null(schema_message_field(order, STR("placed")));
}

static void fields_have_their_types(void **state)
{
  assert_int_equal(field_of("shop.v1.Order", "number")->type, FIELD_INT64);
  const struct schema_field *state_field = field_of("shop.v1.Order", "state");
  assert_int_equal(state_field->type, FIELD_ENUM);
  assert_string_equal(state_field->enumeration->full_name, "shop.v1.State");
  assert_null(state_field->message);
  const struct schema_field *lines = field_of("shop.v1.Order", "lines");
  assert_true(lines->repeated);
  assert_ptr_equal(lines->message, message_of("shop.v1.Order.Line"));
  assert_ptr_equal(field_of("shop.v1.Order", "box")->message, message_of("legacy.Box"));
}

static void presence_deprecation_and_behaviour_are_known(void **state)
{
  assert_true(field_of("shop.v1.Order", "discount")->optional);
  assert_false(field_of("shop.v1.Order", "number")->optional);
  assert_true(field_of("shop.v1.Order", "shop_code")->deprecated);
  assert_false(field_of("shop.v1.Order", "number")->deprecated);
  assert_true(field_of("shop.v1.Order", "number")->required);
  assert_false(field_of("shop.v1.Order", "shop_code")->required);
  assert_false(field_of("shop.v1.Order", "discount")->required);
}

static void packing_has_the_default_of_the_syntax(void **state)
{
  assert_true(field_of("shop.v1.Order", "scores")->packed);
  assert_false(field_of("shop.v1.Order", "loose_scores")->packed);
  assert_false(field_of("shop.v1.Order", "tags")->packed);
  assert_false(field_of("shop.v1.Order", "lines")->packed);
  assert_false(field_of("shop.v1.Order", "number")->packed);
  assert_false(field_of("legacy.Box", "loose")->packed);
  assert_true(field_of("legacy.Box", "tight")->packed);
}

static void oneofs_are_real_or_synthetic(void **state)
{
  const struct schema_message *order = message_of("shop.v1.Order");
  assert_int_equal(order->n_oneofs, 2);
  const struct schema_oneof *paid_by = &order->oneofs[0];
  assert_string_equal(paid_by->name, "paid_by");
  assert_false(paid_by->synthetic);
  assert_int_equal(paid_by->line, 45);
  assert_string_equal(paid_by->options->discriminator, "payer_type");
  assert_true(order->oneofs[1].synthetic);
  assert_ptr_equal(field_of("shop.v1.Order", "person")->oneof, paid_by);
  assert_ptr_equal(field_of("shop.v1.Order", "company")->oneof, paid_by);
  assert_null(field_of("shop.v1.Order", "discount")->oneof);
  assert_null(field_of("shop.v1.Order", "number")->oneof);
}

static void maps_are_repeated_entries(void **state)
{
  const struct schema_field *addresses = field_of("shop.v1.Order", "addresses");
  assert_true(addresses->repeated);
  assert_true(addresses->message->map_entry);
  assert_int_equal(addresses->message->n_fields, 2);
  assert_int_equal(addresses->message->fields[0].type, FIELD_STRING);
  assert_ptr_equal(addresses->message->fields[1].message, message_of("shop.v1.Address"));
}

static void well_known_types_are_recognised(void **state)
{
  assert_int_equal(field_of("shop.v1.Order", "placed_at")->message->well_known, WELL_KNOWN_TIMESTAMP);
  assert_int_equal(field_of("shop.v1.Order", "note")->message->well_known, WELL_KNOWN_WRAPPER);
  assert_int_equal(message_of("rowan.v1.RelationArguments")->well_known, WELL_KNOWN_RELATION_ARGUMENTS);
  assert_int_equal(message_of("shop.v1.Order")->well_known, WELL_KNOWN_NONE);
}

static void enums_have_their_values_and_labels(void **state)
{
  const struct schema_enum *enumeration = field_of("shop.v1.Order", "state")->enumeration;
  assert_string_equal(enumeration->name, "State");
  assert_int_equal(enumeration->line, 7);
  assert_int_equal(enumeration->n_values, 3);
  assert_null(enumeration->values[0].options);
  assert_string_equal(enumeration->values[1].name, "STATE_OPEN");
  assert_string_equal(enumeration->values[1].options->label, "is open");
  assert_int_equal(enumeration->values[2].number, -5);
  assert_int_equal(field_of("shop.v1.Order.Line", "unit")->enumeration->line, 21);
}

static void options_on_several_lines_are_one(void **state)
{
  const Rowan__V1__ResourceOptions *resource = message_of("shop.v1.Order")->options;
  assert_string_equal(resource->table, "orders");
  assert_int_equal(resource->n_key, 2);
  assert_string_equal(resource->key[0], "shop");
  assert_string_equal(resource->key[1], "number");
  assert_int_equal(resource->page_size, 25);
  assert_string_equal(resource->filter, "");

  const Rowan__V1__FieldOptions *lines = field_of("shop.v1.Order", "lines")->options;
  assert_string_equal(lines->relation->foreign_key, "lines_order_fkey");
  assert_string_equal(lines->relation->order_by, "article");
  assert_string_equal(lines->relation->through->table, "order_lines");
  assert_int_equal(lines->n_required_scopes, 2);
  assert_string_equal(lines->required_scopes[1], "two");

  assert_string_equal(field_of("shop.v1.Order", "person")->options->variant_value, "person");
  assert_null(field_of("shop.v1.Order", "shop_code")->options);
  assert_null(message_of("shop.v1.Address")->options);
}

static void services_have_their_methods(void **state)
{
  const struct schema_service *service = schema_find_service(shop, "shop.v1.OrderService");
  assert_int_equal(shop->n_services, 1);
  assert_ptr_equal(shop->services[0], service);
  assert_int_equal(service->line, 63);
  assert_int_equal(service->n_methods, 2);
  const struct schema_method *get = &service->methods[0], *stream = &service->methods[1];
  assert_string_equal(get->path, "/shop.v1.OrderService/GetOrder");
  assert_ptr_equal(get->input, message_of("shop.v1.GetOrderRequest"));
  assert_ptr_equal(get->output, message_of("shop.v1.Order"));
  assert_ptr_equal(get->service, service);
  assert_false(get->client_streaming || get->server_streaming);
  assert_int_equal(get->options->kind, ROWAN__V1__METHOD_OPTIONS__KIND__KIND_GET);
  assert_string_equal(get->options->default_mask, "*");
  assert_string_equal(schema_method_place(get, arena), "shop/v1/shop.proto:64");
  assert_true(stream->client_streaming && stream->server_streaming);
  assert_null(stream->options);
  assert_null(schema_find_service(shop, "shop.v1.Order"));
}

static void symbols_lead_to_their_files(void **state)
{
  static const struct {
    const char *symbol, *file;
  } cases[] = {
      {"shop.v1.Order", "shop/v1/shop.proto"},
      {"shop.v1.Order.Line", "shop/v1/shop.proto"},
      {"shop.v1.Order.Line.Unit", "shop/v1/shop.proto"},
      {"shop.v1.Order.Line.UNIT_BOX", "shop/v1/shop.proto"},
      {"shop.v1.Order.number", "shop/v1/shop.proto"},
      {"shop.v1.Order.paid_by", "shop/v1/shop.proto"},
      {"shop.v1.OrderService", "shop/v1/shop.proto"},
      {"shop.v1.OrderService.GetOrder", "shop/v1/shop.proto"},
      {"shop.v1.STATE_OPEN", "shop/v1/types.proto"},
      {"rowan.v1.resource", "rowan/v1/annotations.proto"},
      {"legacy.Holder.holder", "legacy/legacy.proto"},
      {"legacy.Box.Lid", "legacy/legacy.proto"},
      {"google.protobuf.FileDescriptorSet", "google/protobuf/descriptor.proto"},
  };
  for (size_t i = 0; i < LENGTH_OF(cases); i++) {
    const struct schema_file *file = schema_find_file_of_symbol(shop, cases[i].symbol);
    assert_non_null(file);
    assert_string_equal(file->name, cases[i].file);
  }
  assert_null(schema_find_file_of_symbol(shop, "shop.v1"));
  assert_null(schema_find_file_of_symbol(shop, ".shop.v1.Order"));
  assert_null(schema_find_file_of_symbol(shop, ""));
}

static void extensions_lead_to_their_files(void **state)
{
  const struct schema_file *legacy = schema_find_file(shop, "legacy/legacy.proto");
  assert_ptr_equal(schema_find_file_of_extension(shop, "legacy.Box", 101), legacy);
  assert_null(schema_find_file_of_extension(shop, "legacy.Box", 102));
  assert_null(schema_find_file_of_extension(shop, "shop.v1.Order", 101));
  assert_string_equal(schema_find_file_of_extension(shop, "google.protobuf.FieldOptions", 59174)->name,
                      "rowan/v1/annotations.proto");
  const int32_t *numbers;
  assert_int_equal(schema_extension_numbers(shop, arena, "legacy.Box", &numbers), 3);
  assert_int_equal(numbers[0], 101);
  assert_int_equal(numbers[1], 110);
  assert_int_equal(numbers[2], 120);
  assert_int_equal(schema_extension_numbers(shop, arena, "shop.v1.Order", &numbers), 0);
}

static void lines_point_into_the_source(void **state)
{
  assert_int_equal(field_of("shop.v1.Order", "shop_code")->line, 30);
  assert_int_equal(field_of("shop.v1.Order", "number")->line, 31);
  assert_int_equal(field_of("shop.v1.Order", "company")->line, 48);
  assert_int_equal(field_of("shop.v1.Order.Line", "unit")->line, 26);
  assert_string_equal(schema_field_place(field_of("shop.v1.Order", "lines"), arena), "shop/v1/shop.proto:37");
}

static void places_do_without_lines(void **state)
{
  struct error error;
  struct schema *bare = schema_load_file(TEST_SETS "/shop_bare.binpb", &error);
  assert_non_null(bare);
  const struct schema_message *line = schema_find_message(bare, "shop.v1.Order.Line");
  assert_int_equal(line->line, 0);
  assert_string_equal(schema_resource_place(line, arena), "shop/v1/shop.proto: Order.Line");
  assert_string_equal(schema_field_place(&line->fields[0], arena), "shop/v1/shop.proto: Order.Line.article");
  const struct schema_service *service = schema_find_service(bare, "shop.v1.OrderService");
  assert_string_equal(schema_method_place(&service->methods[0], arena),
                      "shop/v1/shop.proto: OrderService.GetOrder");
  schema_unref(bare);
}

static struct str read_all(const char *path)
{
  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  char *data = arena_alloc_bytes(arena, 1 << 20);
  size_t len = fread(data, 1, 1 << 20, file);
  fclose(file);
  return (struct str){data, len};
}

static void files_keep_their_bytes(void **state)
{
  struct str set = read_all(TEST_SETS "/shop.binpb");
  size_t total = 0;
  for (size_t i = 0; i < shop->n_files; i++) {
    struct str raw = shop->files[i]->raw;
    assert_non_null(memmem(set.data, set.len, raw.data, raw.len));
    total += raw.len;
  }
  assert_true(total > set.len - 8 * shop->n_files);
}

/* Joining descriptor sets is done with `cat`; the imports they share are then there twice. */
static void joined_sets_are_one(void **state)
{
  struct str set = read_all(TEST_SETS "/shop_bare.binpb");
  char *twice = arena_alloc_bytes(arena, set.len * 2);
  memcpy(twice, set.data, set.len);
  memcpy(twice + set.len, set.data, set.len);
  struct error error;
  struct schema *schema = schema_load(twice, set.len * 2, &error);
  assert_non_null(schema);
  assert_int_equal(schema->n_files, shop->n_files);
  schema_unref(schema);
}

static void rowan_brings_its_own_contracts(void **state)
{
  struct error error;
  struct schema *builtin = schema_load(builtin_descriptors, builtin_descriptors_size, &error);
  assert_non_null(builtin);
  static const char *const services[] = {"grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection",
                                         "grpc.reflection.v1alpha.ServerReflection"};
  for (size_t i = 0; i < LENGTH_OF(services); i++)
    assert_non_null(schema_find_service(builtin, services[i]));
  static const char *const messages[] = {"google.rpc.Status",          "google.rpc.ErrorInfo",
                                         "google.rpc.BadRequest",      "google.rpc.RetryInfo",
                                         "rowan.v1.RelationArguments", "rowan.v1.ResourceOptions"};
  for (size_t i = 0; i < LENGTH_OF(messages); i++)
    assert_non_null(schema_find_message(builtin, messages[i]));
  schema_unref(builtin);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(files_follow_what_they_import),
      cmocka_unit_test(messages_know_their_names_and_places),
      cmocka_unit_test(fields_stand_in_order_of_their_numbers),
      cmocka_unit_test(fields_are_found_by_either_name),
      cmocka_unit_test(fields_have_their_types),
      cmocka_unit_test(presence_deprecation_and_behaviour_are_known),
      cmocka_unit_test(packing_has_the_default_of_the_syntax),
      cmocka_unit_test(oneofs_are_real_or_synthetic),
      cmocka_unit_test(maps_are_repeated_entries),
      cmocka_unit_test(well_known_types_are_recognised),
      cmocka_unit_test(enums_have_their_values_and_labels),
      cmocka_unit_test(options_on_several_lines_are_one),
      cmocka_unit_test(services_have_their_methods),
      cmocka_unit_test(symbols_lead_to_their_files),
      cmocka_unit_test(extensions_lead_to_their_files),
      cmocka_unit_test(lines_point_into_the_source),
      cmocka_unit_test(places_do_without_lines),
      cmocka_unit_test(files_keep_their_bytes),
      cmocka_unit_test(joined_sets_are_one),
      cmocka_unit_test(rowan_brings_its_own_contracts),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
