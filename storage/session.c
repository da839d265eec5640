#include "storage/session.h"

#include <stdlib.h>

void session_bind(struct session *session, struct connection *connection)
{
  session->connection = connection;
  connection->session = session;
}

void session_unbind(struct session *session)
{
  if (session->connection != NULL)
    session->connection->session = NULL;
  session->connection = NULL;
  if (session->closing)
    free(session);
}

void session_end(struct session *session)
{
  if (session->connection != NULL)
    pipeline_command(&session->connection->pipeline, "ROLLBACK");
  session_unbind(session);
}
