/*
 * init_layout.c - which file takes what is new.
 *
 * Imports must not form a cycle, and relations often lead both ways: so the messages of one connected set
 * share a file, with the enums they use.  Where files exist, new messages go to the file of the first one
 * they are connected with, and a field whose type would close a cycle of imports is left out, with a word.
 */
#include "planner/init_model.h"

/* ---- outputs ---- */

static struct init_output *add_output(struct init_build *build, const char *path,
                                      const struct text_file *existing)
{
  struct init_output *output = ARENA_NEW(build->arena, struct init_output);
  *output = (struct init_output){.path = path, .existing = existing};
  VEC_PUSH(build->arena, &build->outputs, output);
  return output;
}

static struct init_output *find_output(const struct init_build *build, const char *path)
{
  for (size_t i = 0; i < build->outputs.n; i++)
    if (strcmp(build->outputs.items[i]->path, path) == 0)
      return build->outputs.items[i];
  return NULL;
}

struct init_output *output_new(struct init_build *build, const char *stem)
{
  const char *path = arena_printf(build->arena, "%s/%s.proto", build->folder, stem);
  for (unsigned n = 2; find_output(build, path) != NULL; n++)
    path = arena_printf(build->arena, "%s/%s_%u.proto", build->folder, stem, n);
  return add_output(build, path, NULL);
}

/* ---- imports ---- */

static bool imports(const struct init_output *output, const char *path)
{
  for (size_t i = 0; output->existing != NULL && i < output->existing->imports.n; i++)
    if (strcmp(output->existing->imports.items[i].path, path) == 0)
      return true;
  return text_has_name(&output->imports, path);
}

void output_import(struct init_build *build, struct init_output *output, const char *path)
{
  if (!imports(output, path))
    VEC_PUSH(build->arena, &output->imports, path);
}

/* Whether `from` imports `to`, directly or by others; imports that exist form no cycle, nor do those we add.
 */
static bool reaches(const struct init_build *build, const struct init_output *from,
                    const struct init_output *to)
{
  if (from == to)
    return true;
  for (size_t i = 0; i < build->outputs.n; i++)
    if (build->outputs.items[i] != from && imports(from, build->outputs.items[i]->path) &&
        reaches(build, build->outputs.items[i], to))
      return true;
  return false;
}

/* Makes what `target` declares visible in `output`, if that can be. */
static bool make_visible(struct init_build *build, struct init_output *output,
                         const struct init_output *target)
{
  if (output == target || imports(output, target->path))
    return true;
  if (reaches(build, target, output))
    return false;
  output_import(build, output, target->path);
  return true;
}

/* ---- connected sets ---- */

static size_t find_root(const struct init_build *build, size_t i)
{
  while (build->resources.items[i]->component != i)
    i = build->resources.items[i]->component;
  return i;
}

/* The smaller index becomes the root of both. */
static void connect(struct init_build *build, size_t a, size_t b)
{
  size_t x = find_root(build, a), y = find_root(build, b);
  build->resources.items[x > y ? x : y]->component = x > y ? y : x;
}

static size_t index_of(const struct init_build *build, const struct init_resource *resource)
{
  size_t i = 0;
  while (build->resources.items[i] != resource)
    i++;
  return i;
}

/* The first resource that uses the enum. */
static size_t first_user(const struct init_build *build, const struct init_enum *enumeration)
{
  for (size_t i = 0;; i++)
    for (size_t j = 0; j < build->resources.items[i]->fields.n; j++)
      if (build->resources.items[i]->fields.items[j].enumeration == enumeration)
        return i;
}

static void connect_all(struct init_build *build)
{
  for (size_t i = 0; i < build->resources.n; i++) {
    struct init_fields *fields = &build->resources.items[i]->fields;
    for (size_t j = 0; j < fields->n; j++)
      if (fields->items[j].target != NULL)
        connect(build, i, index_of(build, fields->items[j].target));
      else if (fields->items[j].enumeration != NULL)
        connect(build, i, first_user(build, fields->items[j].enumeration));
  }
  for (size_t i = 0; i < build->resources.n; i++)
    build->resources.items[i]->component = find_root(build, i);
}

/* ---- files of messages ---- */

static struct init_output *output_of_message(const struct init_build *build,
                                             const struct text_message *message)
{
  for (size_t i = 0; i < build->n_texts; i++)
    for (size_t j = 0; j < build->texts[i].messages.n; j++)
      if (&build->texts[i].messages.items[j] == message)
        return find_output(build, build->texts[i].path);
  return NULL;
}

static size_t component_size(const struct init_build *build, size_t component)
{
  size_t n = 0;
  for (size_t i = 0; i < build->resources.n; i++)
    n += build->resources.items[i]->component == component;
  return n;
}

/* The root of the set with the most resources, the first of several. */
static size_t largest_component(const struct init_build *build)
{
  size_t largest = 0;
  for (size_t i = 0; i < build->resources.n; i++)
    if (component_size(build, i) > component_size(build, largest))
      largest = i;
  return largest;
}

/* The largest set is named as the package, others by their first resource. */
static const char *component_stem(struct init_build *build, size_t component)
{
  size_t len = strcspn(build->options->package, ".");
  if (build->n_texts == 0 && component == largest_component(build) && component_size(build, component) > 1)
    return arena_strndup(build->arena, build->options->package, len);
  return build->resources.items[component]->singular;
}

static struct init_output *component_output(const struct init_build *build, size_t component)
{
  for (size_t i = 0; i < build->resources.n; i++)
    if (build->resources.items[i]->component == component && build->resources.items[i]->output != NULL)
      return build->resources.items[i]->output;
  return NULL;
}

static void place_resources(struct init_build *build)
{
  for (size_t i = 0; i < build->resources.n; i++)
    if (build->resources.items[i]->existing != NULL)
      build->resources.items[i]->output = output_of_message(build, build->resources.items[i]->existing);
  for (size_t i = 0; i < build->resources.n; i++) {
    struct init_resource *resource = build->resources.items[i];
    if (resource->output == NULL)
      resource->output = component_output(build, resource->component);
    if (resource->output == NULL)
      resource->output = output_new(build, component_stem(build, resource->component));
  }
}

/* ---- what new fields need ---- */

static struct init_output *output_of_enum(const struct init_build *build, const struct text_enum *enumeration)
{
  for (size_t i = 0; i < build->n_texts; i++)
    for (size_t j = 0; j < build->texts[i].enums.n; j++)
      if (&build->texts[i].enums.items[j] == enumeration)
        return find_output(build, build->texts[i].path);
  return NULL;
}

static void place_field(struct init_build *build, struct init_resource *resource, struct init_field *field)
{
  const struct init_output *needed = NULL;
  if (field->enumeration != NULL && field->enumeration->output == NULL)
    field->enumeration->output = resource->output;
  if (field->enumeration != NULL)
    needed = field->enumeration->output;
  else if (field->target != NULL)
    needed = field->target->output;
  if (needed == NULL || make_visible(build, resource->output, needed))
    return;
  field->left_out = true;
  init_note(build,
            "%s.%s: left out, since %s and %s would import each other; move their messages into one file",
            resource->name, field->name, resource->output->path, needed->path);
}

void init_layout(struct init_build *build)
{
  for (size_t i = 0; i < build->n_texts; i++)
    add_output(build, build->texts[i].path, &build->texts[i]);
  connect_all(build);
  place_resources(build);
  for (size_t i = 0; i < build->enums.n; i++)
    if (build->enums.items[i]->existing != NULL)
      build->enums.items[i]->output = output_of_enum(build, build->enums.items[i]->existing);
  for (size_t i = 0; i < build->resources.n; i++) {
    struct init_resource *resource = build->resources.items[i];
    for (size_t j = 0; j < resource->fields.n; j++)
      if (resource->fields.items[j].existing == NULL && !resource->fields.items[j].left_out)
        place_field(build, resource, &resource->fields.items[j]);
  }
}
