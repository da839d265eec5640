/*
 * builtin.h - the contracts that Rowan itself speaks, as a descriptor set to load at run time (see
 * cmake/protos.cmake): health, both reflections, Status and its details, the annotations,
 * RelationArguments and ExplainService; and what files of `rowan init` import; with all they import.
 */
#pragma once

#include <stddef.h>

extern const unsigned char builtin_descriptors[];
extern const size_t builtin_descriptors_size;
