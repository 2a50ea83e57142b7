// Arithmetic modulo a reflected CRC polynomial, as in zlib's crc32_combine.
#include "internal.h"

#define TOP32 (1ull << 31)
#define TOP64 (1ull << 63)

uint64_t kpipe_gf2_multiply(uint64_t a, uint64_t b, uint64_t polynomial, uint64_t top) {
    uint64_t product = 0;
    for (uint64_t bit = top; bit != 0 && a != 0; bit >>= 1) {
        if (a & bit) {
            product ^= b;
            a ^= bit;
        }
        b = (b & 1) ? (b >> 1) ^ polynomial : b >> 1;
    }
    return product;
}

uint64_t kpipe_gf2_power(uint64_t n, uint64_t polynomial, uint64_t top) {
    uint64_t result = top;         // x^0
    uint64_t square = top >> 1;    // x^1
    for (; n != 0; n >>= 1) {
        if (n & 1) result = kpipe_gf2_multiply(result, square, polynomial, top);
        square = kpipe_gf2_multiply(square, square, polynomial, top);
    }
    return result;
}

/// x^(8 * bytes), without the overflow that multiplying the length by 8 could bring.
static uint64_t shift_by_bytes(uint64_t bytes, uint64_t polynomial, uint64_t top) {
    uint64_t power = kpipe_gf2_power(bytes, polynomial, top);
    for (int i = 0; i < 3; i++) power = kpipe_gf2_multiply(power, power, polynomial, top);
    return power;
}

uint32_t kpipe_crc32c_combine(uint32_t a, uint32_t b, uint64_t length_of_b) {
    uint64_t shift = shift_by_bytes(length_of_b, CRC32C_POLYNOMIAL, TOP32);
    return (uint32_t)kpipe_gf2_multiply(shift, a, CRC32C_POLYNOMIAL, TOP32) ^ b;
}

uint64_t kpipe_crc64nvme_combine(uint64_t a, uint64_t b, uint64_t length_of_b) {
    uint64_t shift = shift_by_bytes(length_of_b, CRC64NVME_POLYNOMIAL, TOP64);
    return kpipe_gf2_multiply(shift, a, CRC64NVME_POLYNOMIAL, TOP64) ^ b;
}
