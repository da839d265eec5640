/*
 * catalog_text_search.h - the configurations of text search.
 */
#pragma once

#include "storage/catalog_query.h"

NODISCARD bool catalog_read_text_searches(struct catalog_reading *reading);
