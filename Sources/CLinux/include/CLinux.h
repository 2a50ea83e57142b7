// Linux system calls that Glibc's Swift overlay leaves out or declares with varargs.
// Static inline only: this target must add nothing to a static executable but what is called.
#pragma once
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/// openat2(2): opens `path` below `directory`, resolving as `resolve` (RESOLVE_*) allows. -1 and errno on failure.
static inline int clinux_openat2(int directory, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve) {
    struct open_how how = {.flags = flags, .mode = mode, .resolve = resolve};
    return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}
