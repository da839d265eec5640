/*
 * command_explain.h - rowan explain: the plan of a request, with its SQL, and with --analyze what it took.
 */
#pragma once

#include "server/settings.h"

/* Texts may be NULL where the flag was not given. */
struct explain_arguments {
  const char *method;  /* "events.v1.EventService/ListEvents", or a method's name that is unique */
  const char *request; /* JSON of the method's request message */
  const char *read_mask;
  const char *filter;
  const char *order_by;
  const char *claims;         /* JSON object of the caller's */
  struct command_values keys; /* of a Get or BatchGet, in the order of the key's columns */
  bool analyze;
};

/* Prints the plan to stdout; 0 on success, 1 with the reason on stderr. */
int command_explain(const struct settings *settings, const struct explain_arguments *arguments);
