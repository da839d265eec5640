/*
 * variants.h - a warning of discriminators that name no member of their oneof.
 */
#pragma once

#include "storage/storage.h"

/* Logs, for each oneof that the run's plan selects from, how many rows hold a value that no member stands
 * for. */
void variants_warn(const struct run *run);
