/*
 * handover.h - tells ThreadSanitizer what passes between threads inside the gRPC core.
 *
 * The core is not instrumented, so the sanitizer does not see that whoever takes an event from a completion
 * queue sees all that was written before its batch was started.  Without the sanitizer both are nothing.
 */
#pragma once

#ifdef __SANITIZE_THREAD__
#include <sanitizer/tsan_interface.h>
#define HANDOVER_GIVE(tag) __tsan_release(tag)
#define HANDOVER_TAKE(tag) __tsan_acquire(tag)
#else
#define HANDOVER_GIVE(tag) ((void)(tag))
#define HANDOVER_TAKE(tag) ((void)(tag))
#endif
