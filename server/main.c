/*
 * main.c - the command line: which command, its settings, its exit code.
 *
 * Exit codes: 0 success, 1 the command found problems or failed, 2 the command line is wrong.
 */
#include <stdio.h>
#include <string.h>

#include "server/command_check.h"
#include "server/command_explain.h"
#include "server/command_graph.h"
#include "server/command_init.h"
#include "server/log.h"
#include "server/serve.h"
#include "server/settings.h"

enum { EXIT_OK = 0, EXIT_PROBLEMS = 1, EXIT_USAGE = 2 };

static struct check_arguments check_arguments;

static const struct command_option check_options[] = {
    {.flag = "against",
     .value = &check_arguments.against,
     .prose = "an older descriptor set: list what would break its clients, too"},
};

static struct explain_arguments explain_arguments;

static const struct command_option explain_options[] = {
    {.flag = "request",
     .value = &explain_arguments.request,
     .prose =
         "the method's request as JSON, as grpcurl and buf take it: {\"page_size\": 3, \"skip\": 6, "
         "\"relation_arguments\": {\"attendees\": {\"page_size\": 2}}}; the flags below set single fields "
         "of it"},
    {.flag = "read-mask",
     .value = &explain_arguments.read_mask,
     .prose = "field mask, comma-separated: id,creator.username"},
    {.flag = "filter", .value = &explain_arguments.filter, .prose = "filter, as in a List request"},
    {.flag = "order-by", .value = &explain_arguments.order_by, .prose = "order, as in a List request"},
    {.flag = "key",
     .values = &explain_arguments.keys,
     .prose = "key of the resource that a Get or BatchGet asks for; once for each column, and for each of a "
              "batch"},
    {.flag = "claims",
     .value = &explain_arguments.claims,
     .prose =
         "claims of the caller as a JSON object, for annotations that compare with them: {\"tenant_id\": 5}"},
    {.flag = "analyze",
     .given = &explain_arguments.analyze,
     .prose =
         "run the request on a connection of its own: real rows, time, and Postgres' plan of each statement"},
};

static struct graph_arguments graph_arguments;

static const struct command_option graph_options[] = {
    {.flag = "format", .value = &graph_arguments.format, .prose = "mermaid (default) or dot"},
};

static struct init_arguments init_arguments;

static const struct command_option init_command_options[] = {
    {.flag = "out",
     .value = &init_arguments.out,
     .prose = "folder below which the package's folder stands (default .)"},
    {.flag = "update",
     .given = &init_arguments.update,
     .prose = "keep the files that are there and add what they lack"},
};

static int run_serve(const struct settings *settings, char **positional)
{
  return serve_run(settings);
}

static int run_check(const struct settings *settings, char **positional)
{
  return command_check(settings, &check_arguments);
}

static int run_explain(const struct settings *settings, char **positional)
{
  explain_arguments.method = positional[0];
  return command_explain(settings, &explain_arguments);
}

static int run_graph(const struct settings *settings, char **positional)
{
  return command_graph(settings, &graph_arguments);
}

static int run_init(const struct settings *settings, char **positional)
{
  return command_init(settings, &init_arguments);
}

struct command {
  const char *name;
  const char *usage; /* positional arguments */
  const char *summary;
  const struct command_option *options;
  size_t n_options;
  int n_positional;
  bool without_set; /* needs no descriptor set */
  int (*run)(const struct settings *settings, char **positional);
};

static const struct command commands[] = {
    {"serve", "", "serve a descriptor set's methods from Postgres", NULL, 0, 0, false, run_serve},
    {"check", "", "report everything in which the descriptor set and the database disagree", check_options,
     LENGTH_OF(check_options), 0, false, run_check},
    {"explain", " METHOD", "show how a request is answered, with its SQL", explain_options,
     LENGTH_OF(explain_options), 1, false, run_explain},
    {"graph", "", "draw the resources and their relations", graph_options, LENGTH_OF(graph_options), 0, false,
     run_graph},
    {"init", "", "write annotated .proto files for a database that is there", init_command_options,
     LENGTH_OF(init_command_options), 0, true, run_init},
};

static const struct command *find_command(const char *name)
{
  for (size_t i = 0; i < LENGTH_OF(commands); i++)
    if (strcmp(commands[i].name, name) == 0)
      return &commands[i];
  return NULL;
}

static void print_usage(FILE *out)
{
  fputs("usage: rowan COMMAND --descriptor-set FILE --database CONNECTION [--SETTING VALUE …]\n\n", out);
  for (size_t i = 0; i < LENGTH_OF(commands); i++)
    fprintf(out, "  %-8s  %s\n", commands[i].name, commands[i].summary);
  fputs("\nrowan COMMAND --help lists the settings; each is also a variable, ROWAN_….\n", out);
}

static void print_help(const struct command *command)
{
  struct strbuf text = {0};
  settings_help(command->options, command->n_options, &text);
  printf("usage: rowan %s%s [--SETTING VALUE …]\n\n%s.\n\n%s", command->name, command->usage,
         command->summary, strbuf_text(&text));
  strbuf_done(&text);
}

static int usage_error(const char *message)
{
  fprintf(stderr, "rowan: %s\n", message);
  return EXIT_USAGE;
}

static int unknown_command(const char *name)
{
  const char *names[LENGTH_OF(commands)];
  for (size_t i = 0; i < LENGTH_OF(commands); i++)
    names[i] = commands[i].name;
  const char *nearest = str_nearest(str_from(name), names, LENGTH_OF(names));
  fprintf(stderr, "rowan: unknown command \"%s\"%s%s%s\n", name, nearest == NULL ? "" : "; did you mean ",
          nearest == NULL ? "" : nearest, nearest == NULL ? "" : "?");
  return EXIT_USAGE;
}

/* argv[0] is the command's name. */
static int run_command(const struct command *command, int argc, char **argv)
{
  struct settings settings;
  struct error error;
  char **positional;
  int n_positional;
  enum log_level level;
  if (!settings_parse(&settings, argc, argv, command->options, command->n_options, &positional, &n_positional,
                      &error))
    return usage_error(error.message);
  if (settings.help) {
    print_help(command);
    return EXIT_OK;
  }
  if (n_positional > command->n_positional)
    return usage_error("too many arguments; settings begin with --");
  if (n_positional < command->n_positional)
    return usage_error("a METHOD is missing: events.v1.EventService/ListEvents, or ListEvents");
  if (!log_level_parse(settings.log_level, &level))
    return usage_error("log-level is none of debug, info, warning, error");
  if (settings.descriptor_set[0] == '\0' && !settings.introspect && !command->without_set)
    return usage_error(
        "--descriptor-set is missing; --introspect takes what the database's catalog shows instead");
  log_set_level(level);
  return command->run(&settings, positional) == 0 ? EXIT_OK : EXIT_PROBLEMS;
}

int main(int argc, char **argv)
{
  if (argc < 2) {
    print_usage(stderr);
    return EXIT_USAGE;
  }
  if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
    print_usage(stdout);
    return EXIT_OK;
  }
  if (strcmp(argv[1], "--version") == 0) {
    puts("rowan " ROWAN_VERSION);
    return EXIT_OK;
  }
  const struct command *command = find_command(argv[1]);
  return command == NULL ? unknown_command(argv[1]) : run_command(command, argc - 1, argv + 1);
}
