/* Another clock: CLOCK_SECONDS since 1970 for who asks for the time of day.
 * Loaded by LD_PRELOAD. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

int clock_gettime(clockid_t which, struct timespec *now) {
    int (*next)(clockid_t, struct timespec *) = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    const char *seconds = getenv("CLOCK_SECONDS");
    int result = next(which, now);
    if (seconds && which == CLOCK_REALTIME) now->tv_sec = atoll(seconds);
    return result;
}
