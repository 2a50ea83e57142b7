// The whole program of the exit image: exits with 0, whatever name and arguments it is called by. No libc, no stack, no
// memory to speak of; it has to run wherever the kernel can start a process at all.
#if defined(__x86_64__)
__asm__(
    ".globl _start\n"
    "_start:\n"
    "    xor %edi, %edi\n"
    "    mov $231, %eax\n"  // exit_group
    "    syscall\n");
#elif defined(__aarch64__)
__asm__(
    ".globl _start\n"
    "_start:\n"
    "    mov x0, #0\n"
    "    mov x8, #94\n"  // exit_group
    "    svc #0\n");
#else
#error "kpipe-exit: exit_group is not written down for this architecture"
#endif
