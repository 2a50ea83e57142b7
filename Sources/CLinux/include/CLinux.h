// Linux system calls that Glibc's Swift overlay leaves out or declares with varargs, and the plain libc calls that
// embedded Swift, which has no overlay, needs. Static inline only: this target must add nothing to a static executable
// but what is called.
#pragma once
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/// The calling thread's errno, a macro that Swift cannot see.
static inline int clinux_errno(void) { return errno; }

/// open(2), without varargs. -1 and errno on failure.
static inline int clinux_open(const char *path, int flags, mode_t mode) { return open(path, flags, mode); }

/// openat2(2): opens `path` below `directory`, resolving as `resolve` (RESOLVE_*) allows. -1 and errno on failure.
static inline int clinux_openat2(int directory, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve) {
    struct open_how how = {.flags = flags, .mode = mode, .resolve = resolve};
    return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}

/// pidfd_open(2): a descriptor that becomes readable when the process ends. -1 and errno on failure.
static inline int clinux_pidfd_open(pid_t process) { return (int)syscall(SYS_pidfd_open, process, 0); }

/// mkostemp(3), which glibc hides without _GNU_SOURCE: makes a file of its own, replacing the X's that end `pattern`.
static inline int clinux_mkostemp(char *pattern, int flags) {
    extern int mkostemp(char *, int);
    return mkostemp(pattern, flags);
}

/// Declared by <spawn.h> only for _GNU_SOURCE, which Swift's Glibc module is built without.
int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *actions, const char *path);
int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);
