/*
 * group.h - runs that ask the same question of different keys, as one run over all of their keys.
 *
 * A group is made of Get and BatchGet runs that wait for a busy connection and share their plan.  It is
 * executed as any run is; its members are out of the queue and on no connection.  Each keeps its deadline,
 * its cancel and its error: one that ends early leaves, and the others never learn of it.
 *
 * All of it belongs to the shard; from the end of its run on, to whoever calls the run's done.
 */
#pragma once

#include "storage/execution.h"

struct group_member {
  struct execution *execution; /* NULL: it has left */
  const int32_t *keys;         /* by the run's own key: the group's */
  size_t n_keys;
};

struct group {
  struct run run;          /* over all keys; its arena is the group's; first, so that done finds the group */
  const struct plan *plan; /* the members' */
  struct group_member *members;
  unsigned n_members, n_left; /* ever, and still there */
  unsigned most_keys;
  int64_t started_us; /* set before the run is done: when its statements were sent */
  struct argument *arguments;
  union value **columns; /* by column of the lookup, the keys' values */
  uint64_t *hashes;      /* by key */
  size_t n_keys;
};

/* Whether an execution may share its statements with others, in groups of at most `most_keys`. */
bool group_possible(const struct execution *execution, unsigned most_keys);

/* Of those that may share: whether its rows cost less than its statements. */
bool group_is_cheap(const struct execution *execution);

/* A group without members for runs like this one. */
struct group *group_new(const struct execution *execution, unsigned most_keys);

/* Takes the execution in.  False when it asks another question, or the group has no room for its keys. */
bool group_add(struct group *group, struct execution *execution);

/* Gives back the only member, which goes alone; the group is freed. */
struct execution *group_dismiss(struct group *group);

/* The execution of the group's run; no more members after this.  The run's done gives each member that is
 * still there its part of the rows, or the error, calls its done, and frees the group. */
struct execution *group_execution(struct group *group, int64_t now_us);

/* The members must have left. */
void group_free(struct group *group);

/* Fills root_rows of a run of PLAN_ROOT_ONE or PLAN_ROOT_MANY that was done alone. */
void group_find_rows(struct run *run);
