#include "internal.h"
#include <pthread.h>

static uint64_t table[8][256];

static void make_table(void) {
    for (uint64_t n = 0; n < 256; n++) {
        uint64_t crc = n;
        for (int bit = 0; bit < 8; bit++) crc = (crc & 1) ? (crc >> 1) ^ CRC64NVME_POLYNOMIAL : crc >> 1;
        table[0][n] = crc;
    }
    for (int k = 1; k < 8; k++)
        for (int n = 0; n < 256; n++) table[k][n] = (table[k - 1][n] >> 8) ^ table[0][table[k - 1][n] & 0xff];
}

/// One step of eight bytes each over the raw state, which is the finished value inverted.
static uint64_t update(uint64_t state, const uint8_t *p, size_t length) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_table);
    for (; length >= 8; p += 8, length -= 8) {
        uint64_t x = state ^ load64(p);
        state = table[7][x & 0xff] ^ table[6][(x >> 8) & 0xff] ^ table[5][(x >> 16) & 0xff]
            ^ table[4][(x >> 24) & 0xff] ^ table[3][(x >> 32) & 0xff] ^ table[2][(x >> 40) & 0xff]
            ^ table[1][(x >> 48) & 0xff] ^ table[0][x >> 56];
    }
    for (; length > 0; p++, length--) state = (state >> 8) ^ table[0][(state ^ *p) & 0xff];
    return state;
}

uint64_t kpipe_crc64nvme_portable(uint64_t crc, const void *data, size_t length) {
    return ~update(~crc, data, length);
}

#if defined(__x86_64__)
#include <smmintrin.h>
#include <wmmintrin.h>
#define HARDWARE __attribute__((target("pclmul,sse4.1")))

// Folding (Gopal et al., "Fast CRC Computation Using PCLMULQDQ", Intel 2009): a 16-byte lane is moved D bits ahead by
// multiplying its halves with x^(D+64) and x^D. A product of reflected 64-bit values stands one place low in 128
// bits, hence the exponents less one.
enum { LANES = 8, BLOCK = 16 * LANES };
static uint64_t by_block[2], by_lane[2];
static bool accelerated;

static void prepare(void) {
    accelerated = __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1");
    for (int half = 0; half < 2; half++) {
        uint64_t ahead = half == 0 ? 64 - 1 : -1ull;
        by_block[half] = kpipe_gf2_power(8 * BLOCK + ahead, CRC64NVME_POLYNOMIAL, 1ull << 63);
        by_lane[half] = kpipe_gf2_power(8 * 16 + ahead, CRC64NVME_POLYNOMIAL, 1ull << 63);
    }
}

HARDWARE static inline __m128i fold(__m128i lane, __m128i by) {
    return _mm_xor_si128(_mm_clmulepi64_si128(lane, by, 0x00), _mm_clmulepi64_si128(lane, by, 0x11));
}

HARDWARE static uint64_t hardware(uint64_t crc, const uint8_t *p, size_t length) {
    if (length < 2 * BLOCK) return kpipe_crc64nvme_portable(crc, p, length);
    __m128i lanes[LANES];
    for (int i = 0; i < LANES; i++) lanes[i] = _mm_loadu_si128((const __m128i *)(p + 16 * i));
    lanes[0] = _mm_xor_si128(lanes[0], _mm_set_epi64x(0, (long long)~crc));
    p += BLOCK, length -= BLOCK;

    const __m128i block = _mm_set_epi64x((long long)by_block[1], (long long)by_block[0]);
    for (; length >= BLOCK; p += BLOCK, length -= BLOCK)
        for (int i = 0; i < LANES; i++)
            lanes[i] = _mm_xor_si128(fold(lanes[i], block), _mm_loadu_si128((const __m128i *)(p + 16 * i)));

    const __m128i lane = _mm_set_epi64x((long long)by_lane[1], (long long)by_lane[0]);
    __m128i sum = lanes[0];
    for (int i = 1; i < LANES; i++) sum = _mm_xor_si128(fold(sum, lane), lanes[i]);
    for (; length >= 16; p += 16, length -= 16)
        sum = _mm_xor_si128(fold(sum, lane), _mm_loadu_si128((const __m128i *)p));

    uint8_t rest[16];
    _mm_storeu_si128((__m128i *)rest, sum);
    return ~update(update(0, rest, sizeof rest), p, length);
}
#endif

uint64_t kpipe_crc64nvme(uint64_t crc, const void *data, size_t length) {
#ifdef HARDWARE
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, prepare);
    if (accelerated) return hardware(crc, data, length);
#endif
    return kpipe_crc64nvme_portable(crc, data, length);
}
