#define _GNU_SOURCE
#include "CIdle.h"

#include <link.h>
#include <malloc.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#ifdef KPIPE_PLAIN
void cidle_release_memory(void) {}
#else

/// The segments of one mapped program or library that are never written: clean pages of its file. What the loader
/// writes to and then protects (RELRO) lies in writable segments. The kernel's own pages have no file's name.
static int release_object(struct dl_phdr_info *object, size_t size, void *page_size) {
    (void)size;
    uintptr_t page = *(uintptr_t *)page_size;
    int is_program = object->dlpi_name[0] == '\0';
    if (!is_program && object->dlpi_name[0] != '/') return 0;
    for (int index = 0; index < object->dlpi_phnum; index++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[index];
        if (segment->p_type != PT_LOAD || (segment->p_flags & PF_W)) continue;
        uintptr_t start = (object->dlpi_addr + segment->p_vaddr) & ~(page - 1);
        uintptr_t end = (object->dlpi_addr + segment->p_vaddr + segment->p_memsz + page - 1) & ~(page - 1);
        // First in line when the container's memory runs short, then out of this process. Advice: no error matters.
        madvise((void *)start, end - start, MADV_COLD);
        madvise((void *)start, end - start, MADV_DONTNEED);
    }
    return 0;
}

void cidle_release_memory(void) {
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    malloc_trim(0);
    dl_iterate_phdr(release_object, &page);
}
#endif

void cidle_return_blocks(void) { mallopt(M_MMAP_THRESHOLD, 256 << 10); }

void cidle_hide_memory(void) { prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }
