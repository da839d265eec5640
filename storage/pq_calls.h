/*
 * pq_calls.h - the calls of libpq that the pipeline makes, as a table, so that a test can answer them.
 */
#pragma once

#include <libpq-fe.h>

struct pq_calls {
  int (*send_prepare)(PGconn *, const char *name, const char *text, int n, const Oid *types);
  int (*send_query_prepared)(PGconn *, const char *name, int n, const char *const *values, const int *lengths,
                             const int *formats, int result_format);
  int (*send_query_params)(PGconn *, const char *text, int n, const Oid *types, const char *const *values,
                           const int *lengths, const int *formats, int result_format);
  int (*pipeline_sync)(PGconn *);
  int (*send_flush_request)(PGconn *);
  int (*flush)(PGconn *);
  int (*consume_input)(PGconn *);
  int (*is_busy)(PGconn *);
  int (*set_single_row_mode)(PGconn *);
  PGresult *(*get_result)(PGconn *);
  ConnStatusType (*status)(const PGconn *);
  PGTransactionStatusType (*transaction_status)(const PGconn *);
  char *(*error_message)(const PGconn *);

  ExecStatusType (*result_status)(const PGresult *);
  char *(*result_error_field)(const PGresult *, int field);
  int (*ntuples)(const PGresult *);
  int (*nfields)(const PGresult *);
  Oid (*ftype)(const PGresult *, int column);
  char *(*getvalue)(const PGresult *, int row, int column);
  int (*getlength)(const PGresult *, int row, int column);
  int (*getisnull)(const PGresult *, int row, int column);
  size_t (*memory_size)(const PGresult *);
  void (*clear)(PGresult *);
};

extern const struct pq_calls pq_calls_libpq;
