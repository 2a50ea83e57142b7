// What a process that waits for hours should not cost: no wake-ups (dispatch.c), little memory, and none of it to others
// (memory.c).
#pragma once

/// Lets go of what the process has mapped of its programs' text and constants, and of what malloc keeps free. All of it
/// comes back from the page cache when it is used again, at a minor fault for 64 KiB; until then the kernel may take it
/// for others. Nothing written is touched. Any thread may call it at any time.
void cidle_release_memory(void);

/// Blocks beyond a quarter of a MiB are given back to the system as soon as they are free. Otherwise malloc keeps them for
/// others like them once the first was freed, and what lies between keeps them from ever going back.
void cidle_return_blocks(void);

/// No core file from now on, and no other process of the same user reads this one's memory or environment, or traces it.
void cidle_hide_memory(void);
