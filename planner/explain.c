/*
 * explain.c - the tree in aligned columns, the reasons, the statements.
 *
 * Columns are as wide as their widest text, counted in characters: branches are drawn with some that take
 * several bytes.  SQL and Postgres' plans are broken where they would run off the screen, at spaces outside
 * of quotes, so that a statement can still be pasted into psql.
 */
#include "planner/explain.h"

#include <stdio.h>

#include "planner/explain_nodes.h"

#define WIDTH 116
#define FIGURE_MAX 32

/* A node's texts by column. */
struct line {
  const char *branch, *how;
  char estimate[FIGURE_MAX], rows[FIGURE_MAX], ms[FIGURE_MAX], wave[FIGURE_MAX];
};

struct columns {
  size_t branch, how, estimate, rows, ms;
};

struct printer {
  const struct plan *plan;
  const struct explain_measure *measures;
  struct explain_nodes nodes;
  struct arena *arena;
  struct strbuf *out;
};

/* ---- text ---- */

static size_t width_of(const char *text, size_t len)
{
  size_t width = 0;
  for (size_t i = 0; i < len; i++)
    width += ((unsigned char)text[i] & 0xc0) != 0x80;
  return width;
}

static size_t text_width(const char *text)
{
  return width_of(text, strlen(text));
}

static void put_spaces(struct printer *printer, size_t n)
{
  strbuf_printf(printer->out, "%*s", (int)n, "");
}

static void put_left(struct printer *printer, const char *text, size_t width)
{
  strbuf_puts(printer->out, text);
  put_spaces(printer, width - text_width(text));
}

static void put_right(struct printer *printer, const char *text, size_t width)
{
  put_spaces(printer, width - text_width(text));
  strbuf_puts(printer->out, text);
}

/* Where to break a line that is too long: at the last space that fits and is not quoted; `len` where there is
 * none. */
static size_t break_at(const char *line, size_t len, size_t indent, size_t room)
{
  size_t best = len, width = 0;
  char quote = '\0';
  for (size_t i = 0; i < len; i++) {
    width += ((unsigned char)line[i] & 0xc0) != 0x80;
    if (width > room && best < len)
      return best;
    if (quote != '\0')
      quote = line[i] == quote ? '\0' : quote;
    else if (line[i] == '\'' || line[i] == '"')
      quote = line[i];
    else if (line[i] == ' ' && i > indent)
      best = i;
  }
  return width > room ? best : len;
}

static void put_line(struct printer *printer, const char *line, size_t len, size_t margin)
{
  size_t indent = 0;
  while (indent < len && line[indent] == ' ')
    indent++;
  for (size_t more = 0;; more = indent + 4) {
    size_t room = WIDTH > margin + more + 20 ? WIDTH - margin - more : 20;
    size_t part = break_at(line, len, more == 0 ? indent : 0, room);
    put_spaces(printer, part > 0 ? margin + more : 0);
    strbuf_add(printer->out, line, part);
    strbuf_putc(printer->out, '\n');
    if (part == len)
      return;
    line += part + 1;
    len -= part + 1;
  }
}

static void put_block(struct printer *printer, const char *text, size_t margin)
{
  while (*text != '\0') {
    size_t len = strcspn(text, "\n");
    put_line(printer, text, len, margin);
    text += len + (text[len] == '\n');
  }
}

/* ---- the tree ---- */

static void figures(const struct printer *printer, const struct explain_node *node, struct line *ret)
{
  const struct plan_fetch *fetch = printer->plan->fetches[node->fetch];
  const struct explain_measure *measure = printer->measures ? &printer->measures[node->fetch] : NULL;
  if (!node->introduces)
    return;
  snprintf(ret->estimate, FIGURE_MAX, fetch->estimated_rows >= 10 ? "~%.0f" : "~%.2g", fetch->estimated_rows);
  snprintf(ret->wave, FIGURE_MAX, "%u", fetch->wave);
  if (measure && !measure->ran)
    snprintf(ret->rows, FIGURE_MAX, "not sent");
  if (!measure || !measure->ran)
    return;
  snprintf(ret->rows, FIGURE_MAX, "%zu", measure->rows);
  snprintf(ret->ms, FIGURE_MAX, "%.2f", measure->ms);
}

static void widen(size_t *width, const char *text)
{
  size_t needed = text_width(text);
  if (needed > *width)
    *width = needed;
}

static void put_figures(struct printer *printer, const struct line *line, const struct columns *columns)
{
  put_right(printer, line->estimate, columns->estimate);
  if (printer->measures) {
    strbuf_puts(printer->out, line->rows[0] == '\0' ? "   " : " → ");
    put_left(printer, line->rows, columns->rows);
    strbuf_puts(printer->out, "  ");
    put_right(printer, line->ms, columns->ms);
  }
  strbuf_puts(printer->out, "  ");
  put_right(printer, line->wave, 4);
}

static void put_node(struct printer *printer, const struct line *line, const struct columns *columns)
{
  put_left(printer, line->branch, columns->branch);
  strbuf_puts(printer->out, "  ");
  if (line->estimate[0] == '\0') {
    strbuf_puts(printer->out, line->how);
  } else {
    put_left(printer, line->how, columns->how);
    strbuf_puts(printer->out, "  ");
    put_figures(printer, line, columns);
  }
  strbuf_putc(printer->out, '\n');
}

static void put_tree(struct printer *printer)
{
  struct line head = {
      .branch = "", .how = "how", .estimate = "rows", .rows = "real", .ms = "ms", .wave = "wave"};
  struct columns columns = {0};
  size_t n = printer->nodes.n;
  struct line *lines = ARENA_ARRAY(printer->arena, struct line, n + 1);
  lines[0] = head;
  for (size_t i = 0; i < n; i++) {
    const struct explain_node *node = &printer->nodes.items[i];
    lines[i + 1].branch = node->branch;
    lines[i + 1].how = arena_printf(printer->arena, "[%u] %s", node->fetch, node->how);
    figures(printer, node, &lines[i + 1]);
  }
  for (size_t i = 0; i <= n; i++) {
    widen(&columns.branch, lines[i].branch);
    if (lines[i].estimate[0] != '\0')
      widen(&columns.how, lines[i].how);
    widen(&columns.estimate, lines[i].estimate);
    widen(&columns.rows, lines[i].rows);
    widen(&columns.ms, lines[i].ms);
  }
  for (size_t i = 0; i <= n; i++)
    put_node(printer, &lines[i], &columns);
}

/* ---- the rest ---- */

static void put_reasons(struct printer *printer)
{
  size_t width = 0;
  for (size_t i = 0; i < printer->nodes.n; i++)
    widen(&width, printer->nodes.items[i].path);
  strbuf_puts(printer->out, "\nwhy\n");
  for (size_t i = 0; i < printer->nodes.n; i++) {
    const struct explain_node *node = &printer->nodes.items[i];
    if (!node->reason)
      continue;
    const char *name = node->path[0] == '\0' ? node->branch : node->path;
    strbuf_puts(printer->out, "  ");
    put_left(printer, name, width > text_width(name) ? width : text_width(name));
    strbuf_printf(printer->out, "  %s\n", node->reason);
  }
}

static void put_statements(struct printer *printer, const char *const *texts)
{
  for (unsigned i = 0; i < printer->plan->n_fetches; i++) {
    if (!texts[i])
      continue;
    strbuf_printf(printer->out, "\n[%u]\n", i);
    put_block(printer, texts[i], 0);
    if (!printer->measures || printer->measures[i].plan[0] == '\0')
      continue;
    strbuf_putc(printer->out, '\n');
    put_block(printer, printer->measures[i].plan, 4);
  }
}

static const char *plural(size_t n)
{
  return n == 1 ? "" : "s";
}

static void put_summary(struct printer *printer)
{
  const struct plan *plan = printer->plan;
  size_t rows = 0;
  double ms = 0;
  strbuf_printf(printer->out, "%u statement%s in %u wave%s, ~%.0f row%s to read", plan->n_fetches,
                plural(plan->n_fetches), plan->n_waves, plural(plan->n_waves), plan->charged_rows,
                plan->charged_rows < 1.5 ? "" : "s");
  for (unsigned i = 0; printer->measures && i < plan->n_fetches; i++) {
    rows += printer->measures[i].rows;
    ms += printer->measures[i].ms;
  }
  if (printer->measures)
    strbuf_printf(printer->out, "; %zu row%s came in %.2f ms", rows, plural(rows), ms);
  strbuf_puts(printer->out, "\n\n");
}

static void put_claims(struct printer *printer)
{
  struct explain_claims claims = explain_claims(printer->plan);
  for (size_t i = 0; i < claims.n; i++)
    strbuf_printf(printer->out, "%s%s", i == 0 ? "bound to the caller's claims: " : ", ", claims.names[i]);
  strbuf_puts(printer->out, claims.n > 0 ? "\n\n" : "");
}

void plan_explain(const struct plan *plan, const char *const *texts, const struct explain_measure *measures,
                  struct strbuf *ret)
{
  struct printer printer = {.plan = plan, .measures = measures, .arena = arena_new(0), .out = ret};
  explain_nodes(plan, printer.arena, &printer.nodes);
  put_summary(&printer);
  put_claims(&printer);
  put_tree(&printer);
  put_reasons(&printer);
  if (texts)
    put_statements(&printer, texts);
  arena_free(printer.arena);
}
