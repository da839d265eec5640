#include "planner/graph_drawing.h"

static const char *const format_names[] = {[DRAWING_MERMAID] = "mermaid", [DRAWING_DOT] = "dot"};

bool drawing_format_parse(const char *text, enum drawing_format *ret)
{
  for (size_t i = 0; i < LENGTH_OF(format_names); i++) {
    if (strcmp(text, format_names[i]) != 0)
      continue;
    *ret = (enum drawing_format)i;
    return true;
  }
  return false;
}

/* Names of tables may hold anything; a backslash is taken as it is by Mermaid alone. */
static void add_escaped(struct strbuf *ret, enum drawing_format format, const char *text)
{
  for (; *text != '\0'; text++)
    if (*text == '"')
      strbuf_puts(ret, format == DRAWING_DOT ? "\\\"" : "#quot;");
    else if (*text == '\\' && format == DRAWING_DOT)
      strbuf_puts(ret, "\\\\");
    else
      strbuf_putc(ret, *text);
}

static void add_table(struct strbuf *ret, enum drawing_format format, const struct catalog_table *table)
{
  add_escaped(ret, format, table->schema);
  strbuf_putc(ret, '.');
  add_escaped(ret, format, table->name);
}

/* Nodes have the resource's number: two messages may have one short name. */
static void add_node(struct strbuf *ret, enum drawing_format format, const struct graph_resource *resource,
                     size_t number)
{
  strbuf_printf(ret, "  r%zu%s%s", number, format == DRAWING_DOT ? " [label=\"" : "[\"",
                resource->message->full_name);
  if (resource->table != NULL) {
    strbuf_puts(ret, format == DRAWING_DOT ? "\\n" : "<br/>");
    add_table(ret, format, resource->table);
  }
  if (format == DRAWING_DOT)
    strbuf_printf(ret, "\"%s];\n", resource->broken ? ", style=dashed" : "");
  else
    strbuf_printf(ret, "\"]%s\n", resource->broken ? ":::broken" : "");
}

static size_t number_of(const struct graph *graph, const struct graph_resource *resource)
{
  size_t i = 0;
  while (i < graph->n_resources && graph->resources[i] != resource)
    i++;
  return i;
}

static void add_label(struct strbuf *ret, enum drawing_format format, const struct graph_relation *relation)
{
  strbuf_puts(ret, relation->field->field->name);
  if (relation->link->through == NULL)
    return;
  strbuf_puts(ret, " via ");
  add_escaped(ret, format, relation->link->through->name);
}

/* A list ends in a thick arrow, or a crow's foot; a member of a oneof is dashed. */
static void add_mermaid_edge(struct strbuf *ret, size_t from, const struct graph_relation *relation,
                             size_t to)
{
  const char *arrow = relation->variants != NULL ? "-.->" : relation->to_many ? "==>" : "-->";
  strbuf_printf(ret, "  r%zu %s|\"", from, arrow);
  add_label(ret, DRAWING_MERMAID, relation);
  strbuf_printf(ret, "\"| r%zu\n", to);
}

static void add_dot_edge(struct strbuf *ret, size_t from, const struct graph_relation *relation, size_t to)
{
  strbuf_printf(ret, "  r%zu -> r%zu [label=\"", from, to);
  add_label(ret, DRAWING_DOT, relation);
  strbuf_printf(ret, "\"%s%s];\n", relation->to_many ? ", arrowhead=crow" : "",
                relation->variants != NULL ? ", style=dashed" : "");
}

static void add_edges(struct strbuf *ret, enum drawing_format format, const struct graph *graph, size_t from)
{
  const struct graph_resource *resource = graph->resources[from];
  for (size_t i = 0; i < resource->n_fields; i++) {
    const struct graph_field *field = &resource->fields[i];
    if (field->kind != GRAPH_FIELD_RELATION)
      continue;
    size_t to = number_of(graph, field->relation->target);
    if (format == DRAWING_DOT)
      add_dot_edge(ret, from, field->relation, to);
    else
      add_mermaid_edge(ret, from, field->relation, to);
  }
}

void graph_draw(const struct graph *graph, enum drawing_format format, struct strbuf *ret)
{
  strbuf_puts(ret, format == DRAWING_DOT ? "digraph rowan {\n  rankdir=LR;\n  node [shape=box];\n"
                                         : "flowchart LR\n");
  for (size_t i = 0; i < graph->n_resources; i++)
    add_node(ret, format, graph->resources[i], i);
  for (size_t i = 0; i < graph->n_resources; i++)
    add_edges(ret, format, graph, i);
  strbuf_puts(ret, format == DRAWING_DOT ? "}\n" : "  classDef broken stroke-dasharray: 4\n");
}
