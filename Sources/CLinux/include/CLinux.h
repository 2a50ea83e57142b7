// Linux system calls that Glibc's Swift overlay leaves out or declares with varargs, and the plain libc calls that
// embedded Swift, which has no overlay, needs. Static inline only: this target must add nothing to a static executable
// but what is called.
#pragma once
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/// malloc_trim(3): gives back to the system what malloc keeps free.
static inline void clinux_trim_memory(void) { malloc_trim(0); }

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

/// Whether this process ignores the signal. Compared here: Swift imports no SIG_IGN that could be.
static inline _Bool clinux_ignores(int signal) {
    struct sigaction action;
    return sigaction(signal, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

/// mkostemp(3), which glibc hides without _GNU_SOURCE: makes a file of its own, replacing the X's that end `pattern`.
static inline int clinux_mkostemp(char *pattern, int flags) {
    extern int mkostemp(char *, int);
    return mkostemp(pattern, flags);
}

/// Declared by <spawn.h> only for _GNU_SOURCE, which Swift's Glibc module is built without.
int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *actions, const char *path);
int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);

/// What processes have used, from getrusage(2): microseconds, and bytes.
struct clinux_usage {
    uint64_t cpu_microseconds, memory_peak, bytes_read, bytes_written;
};

static inline struct clinux_usage clinux_usage_of(int who) {
    enum { kibibyte = 1024, block = 512 };
    struct rusage used = {0};
    getrusage(who, &used);
    return (struct clinux_usage){
        .cpu_microseconds = (uint64_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000 +
            (uint64_t)(used.ru_utime.tv_usec + used.ru_stime.tv_usec),
        .memory_peak = (uint64_t)used.ru_maxrss * kibibyte,
        .bytes_read = (uint64_t)used.ru_inblock * block,
        .bytes_written = (uint64_t)used.ru_oublock * block,
    };
}

/// The most memory this program has had in bytes, 0 where /proc does not say. The kernel's `ru_maxrss` would not do: it
/// goes on from what the process was before it became this program.
static inline uint64_t clinux_own_memory_peak(void) {
    char text[4096];
    int status = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    ssize_t count = status < 0 ? -1 : read(status, text, sizeof text - 1);
    if (status >= 0) close(status);
    text[count > 0 ? count : 0] = 0;
    const char *line = strstr(text, "VmHWM:");
    return line ? strtoull(line + strlen("VmHWM:"), NULL, 10) * 1024 : 0;
}

/// Of this process.
static inline struct clinux_usage clinux_usage_of_self(void) {
    struct clinux_usage usage = clinux_usage_of(RUSAGE_SELF);
    uint64_t peak = clinux_own_memory_peak();
    if (peak) usage.memory_peak = peak;
    return usage;
}

/// Of children that have been waited for, and of theirs; `memory_peak` of the largest.
static inline struct clinux_usage clinux_usage_of_children(void) { return clinux_usage_of(RUSAGE_CHILDREN); }

/// pipe2(2). -1 and errno on failure.
static inline int clinux_pipe(int ends[2], int flags) {
    extern int pipe2(int[2], int);
    return pipe2(ends, flags);
}

/// Asks for a pipe of at least `bytes`; more than the user is allowed leaves it as it is.
static inline void clinux_enlarge_pipe(int pipe, int bytes) {
    enum { set_pipe_size = 1031 };  // F_SETPIPE_SZ
    fcntl(pipe, set_pipe_size, bytes);
}

/// tee(2), never blocking: the pages in `from` appear in `to` as well and stay in `from`. -1 and errno on failure.
static inline ssize_t clinux_tee(int from, int to, size_t bytes) {
    extern ssize_t tee(int, int, size_t, unsigned);
    enum { nonblock = 2 };  // SPLICE_F_NONBLOCK
    return tee(from, to, bytes, nonblock);
}

/// prctl(PR_SET_CHILD_SUBREAPER): orphaned descendants become children of this process. -1 and errno on failure.
static inline int clinux_adopt_orphans(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

/// Has the spawned process's group take over the terminal `descriptor`. An error number, 0 for none.
static inline int clinux_spawn_in_foreground(posix_spawn_file_actions_t *actions, int descriptor) {
    extern int posix_spawn_file_actions_addtcsetpgrp_np(posix_spawn_file_actions_t *, int);
    return posix_spawn_file_actions_addtcsetpgrp_np(actions, descriptor);
}

/// Starts the spawned process in the folder `path`. An error number, 0 for none.
static inline int clinux_spawn_in_folder(posix_spawn_file_actions_t *actions, const char *path) {
    extern int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *, const char *);
    return posix_spawn_file_actions_addchdir_np(actions, path);
}

/// posix_spawnp(3) with this process's environment. An error number, 0 for none.
static inline int clinux_spawn(
    pid_t *process, const char *file, const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes,
    char *const arguments[]) {
    extern char **environ;
    return posix_spawnp(process, file, actions, attributes, arguments, environ);
}

/// Makes reads and writes of `descriptor` fail with EAGAIN instead of waiting.
static inline void clinux_set_nonblocking(int descriptor) {
    fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK);
}

/// Whether `descriptor` is open.
static inline _Bool clinux_is_open(int descriptor) { return fcntl(descriptor, F_GETFD) >= 0; }

/// Whether `descriptor` is a pipe, named or not.
static inline _Bool clinux_is_pipe(int descriptor) {
    struct stat status;
    return fstat(descriptor, &status) == 0 && S_ISFIFO(status.st_mode);
}

/// Whether `path` leads to a folder.
static inline _Bool clinux_is_folder(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/// sync_file_range(2): `flags` are SYNC_FILE_RANGE_*. -1 and errno on failure.
static inline int clinux_sync_file_range(int file, int64_t offset, int64_t count, unsigned int flags) {
    return (int)syscall(SYS_sync_file_range, file, offset, count, flags);
}

/// fallocate(2) with mode 0: reserves `length` bytes from the start. -1 and errno on failure.
static inline int clinux_reserve(int file, int64_t length) {
    return (int)syscall(SYS_fallocate, file, 0, (int64_t)0, length);
}

// Flags that glibc hides from Swift, which is compiled without _GNU_SOURCE (values of the kernel's uapi headers).
enum {
    CLINUX_O_PATH = 010000000,
    CLINUX_SYNC_WAIT_BEFORE = 1,
    CLINUX_SYNC_WRITE = 2,
    CLINUX_SYNC_WAIT_AFTER = 4,
};

/// syncfs(2). -1 and errno on failure.
static inline int clinux_syncfs(int file) { return (int)syscall(SYS_syncfs, file); }

/// Whether `descriptor` is a regular file; those of /proc and of cgroups are.
static inline _Bool clinux_is_regular(int descriptor) {
    struct stat status;
    return fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
}
