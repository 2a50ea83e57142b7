#pragma once
#include "CChecksum.h"
#include <string.h>

// Bit-reflected polynomials: bit 0 is the highest power, so data bytes enter in their natural order.
#define CRC32C_POLYNOMIAL 0x82f63b78u
#define CRC64NVME_POLYNOMIAL 0x9a6c9329ac4bc9b5ull

static inline uint64_t load64(const uint8_t *p) {
    uint64_t value;
    memcpy(&value, p, sizeof value);  // little endian: every platform we build for
    return value;
}

/// a * b modulo the reflected polynomial whose highest power is `top` (1 << (width - 1) stands for x^0).
uint64_t kpipe_gf2_multiply(uint64_t a, uint64_t b, uint64_t polynomial, uint64_t top);
/// x^n modulo the polynomial.
uint64_t kpipe_gf2_power(uint64_t n, uint64_t polynomial, uint64_t top);
