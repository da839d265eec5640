#include "server/message.h"

#include <stdlib.h>

#include "server/handover.h"

struct writer *message_begin(size_t capacity)
{
  struct writer *writer = calloc(1, sizeof *writer);
  if (writer == NULL)
    abort();
  writer_init(writer, capacity);
  return writer;
}

static void release_writer(void *user)
{
  HANDOVER_TAKE(user);
  message_drop(user);
}

void message_drop(struct writer *writer)
{
  writer_done(writer);
  free(writer);
}

static grpc_byte_buffer *buffer_of(grpc_slice slice)
{
  grpc_byte_buffer *buffer = grpc_raw_byte_buffer_create(&slice, 1);
  grpc_slice_unref(slice);
  return buffer;
}

grpc_byte_buffer *message_take(struct writer *writer)
{
  struct str bytes = writer_bytes(writer);
  HANDOVER_GIVE(writer);
  return buffer_of(
      grpc_slice_new_with_user_data((void *)(uintptr_t)bytes.data, bytes.len, release_writer, writer));
}

grpc_byte_buffer *message_copy(struct str bytes)
{
  return buffer_of(grpc_slice_from_copied_buffer(bytes.data, bytes.len));
}
