/* Counts the writes of a program to files, and at the one asked for kills it or
 * lets the disk be full. Loaded by LD_PRELOAD; what to do is in the environment:
 * FAULT = count | kill | torn | full | once, FAULT_AT = which write, from 1,
 * FAULT_COUNT = the file that the number of writes is written to at the end. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static long seen, at;
static int mode; /* 0 count, 1 kill, 2 torn, 3 full, 4 once */

__attribute__((constructor)) static void begin(void) {
    const char *what = getenv("FAULT"), *which = getenv("FAULT_AT");
    at = which ? atol(which) : 0;
    if (!what) return;
    mode = !strcmp(what, "kill") ? 1 : !strcmp(what, "torn") ? 2 : !strcmp(what, "full") ? 3 : !strcmp(what, "once") ? 4 : 0;
}

__attribute__((destructor)) static void end(void) {
    const char *name = getenv("FAULT_COUNT");
    if (!name) return;
    mode = 0;
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd >= 0) { dprintf(fd, "%ld\n", seen); close(fd); }
}

/* Returns whether the call on this file fails; a torn one has written half. */
static int fault(int fd, const void *data, size_t size, off64_t place) {
    struct stat about;
    int saved = errno;
    if (fd <= 2 || fstat(fd, &about) || !(S_ISREG(about.st_mode) || S_ISDIR(about.st_mode))) { errno = saved; return 0; }
    errno = saved;
    long number = __sync_add_and_fetch(&seen, 1);
    if (mode == 0 || number < at || (mode != 3 && number != at)) return 0;
    if (mode >= 3) { errno = ENOSPC; return 1; }
    if (mode == 2 && data && size > 1) {
        ssize_t (*half)(int, const void *, size_t, off64_t) = dlsym(RTLD_NEXT, "pwrite64");
        if (half) half(fd, data, size / 2, place < 0 ? lseek64(fd, 0, SEEK_CUR) : place);
    }
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
ssize_t write(int fd, const void *data, size_t size) { return fault(fd, data, size, -1) ? -1 : NEXT(write)(fd, data, size); }
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at_) { return fault(fd, data, size, at_) ? -1 : NEXT(pwrite64)(fd, data, size, at_); }
ssize_t pwrite(int fd, const void *data, size_t size, off_t at_) { return fault(fd, data, size, at_) ? -1 : NEXT(pwrite)(fd, data, size, at_); }
/* Notes what was flushed, in order: FAULT_COUNT's neighbour `flushed`. */
static void flushed(int fd) {
    const char *name = getenv("FAULT_COUNT");
    struct stat about;
    char path[4096];
    if (!name || fstat(fd, &about) || snprintf(path, sizeof path, "%.*s/flushed", (int)(strrchr(name, '/') - name), name) < 0) return;
    int log = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (log < 0) return;
    const char *what = S_ISDIR(about.st_mode) ? "folder\n" : "file\n";
    NEXT(write)(log, what, strlen(what));
    close(log);
}

int fsync(int fd) { flushed(fd); return fault(fd, 0, 0, 0) ? -1 : NEXT(fsync)(fd); }
int fdatasync(int fd) { return fault(fd, 0, 0, 0) ? -1 : NEXT(fdatasync)(fd); }
int ftruncate64(int fd, off64_t size) { return fault(fd, 0, 0, 0) ? -1 : NEXT(ftruncate64)(fd, size); }
int ftruncate(int fd, off_t size) { return fault(fd, 0, 0, 0) ? -1 : NEXT(ftruncate)(fd, size); }
