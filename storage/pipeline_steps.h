/*
 * pipeline_steps.h - between the two halves of the pipeline: what sends, and what reads the answers.
 */
#pragma once

#include "storage/pipeline.h"

/* As pipeline_lose, for a cause that libpq knows. */
bool pipeline_lose_connection(struct pipeline *pipeline);

/* Sends the next wave that has something to send; settles the execution when there is none. */
void pipeline_advance(struct pipeline *pipeline, struct execution *execution);

/* The outcome stands. */
void pipeline_settle(struct pipeline *pipeline, struct execution *execution);

/* Nothing more is sent for the execution than the Sync it may lack. */
void pipeline_end_sending(struct pipeline *pipeline, struct execution *execution);

/* Takes the execution off the pipeline. */
void pipeline_unlink(struct pipeline *pipeline, struct execution *execution);
