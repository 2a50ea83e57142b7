// What a process that waits for hours should not cost: no wake-ups (dispatch.c), little memory (memory.c).
#pragma once

/// Lets go of what the process has mapped of its programs' text and constants, and of what malloc keeps free. All of it
/// comes back from the page cache when it is used again, at a minor fault for 64 KiB; until then the kernel may take it
/// for others. Nothing written is touched. Any thread may call it at any time.
void cidle_release_memory(void);
