#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Finished values in and out: start from 0, pass the last result to go on. The reference forms are for tests and for
// processors without the instructions.

/// CRC-32C (Castagnoli, RFC 3720), by the processor's own instruction where it has one.
uint32_t kpipe_crc32c(uint32_t crc, const void *data, size_t length);
uint32_t kpipe_crc32c_portable(uint32_t crc, const void *data, size_t length);

/// CRC-64/NVME (NVM Express, S3's default), by carry-less multiplication where the processor has it.
uint64_t kpipe_crc64nvme(uint64_t crc, const void *data, size_t length);
uint64_t kpipe_crc64nvme_portable(uint64_t crc, const void *data, size_t length);

/// The checksum of A followed by B, from those of A and B and B's length in bytes.
uint32_t kpipe_crc32c_combine(uint32_t a, uint32_t b, uint64_t length_of_b);
uint64_t kpipe_crc64nvme_combine(uint64_t a, uint64_t b, uint64_t length_of_b);
