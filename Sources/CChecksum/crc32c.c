#include "internal.h"
#include <pthread.h>

static uint32_t table[8][256];

static void make_table(void) {
    for (uint32_t n = 0; n < 256; n++) {
        uint32_t crc = n;
        for (int bit = 0; bit < 8; bit++) crc = (crc & 1) ? (crc >> 1) ^ CRC32C_POLYNOMIAL : crc >> 1;
        table[0][n] = crc;
    }
    for (int k = 1; k < 8; k++)
        for (int n = 0; n < 256; n++) table[k][n] = (table[k - 1][n] >> 8) ^ table[0][table[k - 1][n] & 0xff];
}

uint32_t kpipe_crc32c_portable(uint32_t crc, const void *data, size_t length) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_table);
    const uint8_t *p = data;
    uint64_t state = ~crc;
    for (; length >= 8; p += 8, length -= 8) {
        uint64_t x = state ^ load64(p);
        state = table[7][x & 0xff] ^ table[6][(x >> 8) & 0xff] ^ table[5][(x >> 16) & 0xff]
            ^ table[4][(x >> 24) & 0xff] ^ table[3][(x >> 32) & 0xff] ^ table[2][(x >> 40) & 0xff]
            ^ table[1][(x >> 48) & 0xff] ^ table[0][x >> 56];
    }
    for (; length > 0; p++, length--) state = (state >> 8) ^ table[0][(state ^ *p) & 0xff];
    return ~(uint32_t)state;
}

#if defined(__x86_64__)
#include <nmmintrin.h>
#define HARDWARE __attribute__((target("sse4.2")))
#define STEP8(state, word) _mm_crc32_u64(state, word)
#define STEP1(state, byte) _mm_crc32_u8((uint32_t)(state), byte)
static bool supported(void) { return __builtin_cpu_supports("sse4.2"); }
#elif defined(__aarch64__)
#include <arm_acle.h>
#include <sys/auxv.h>
#define HARDWARE __attribute__((target("crc")))
#define STEP8(state, word) __crc32cd((uint32_t)(state), word)
#define STEP1(state, byte) __crc32cb((uint32_t)(state), byte)
static bool supported(void) { return getauxval(AT_HWCAP) & (1 << 7); }  // HWCAP_CRC32
#endif

#ifdef HARDWARE
// The instruction takes three cycles but starts each cycle: three independent streams keep it busy. Their states are
// joined by a table that moves a state across one stream's length.
enum { STREAM = 4096 };
static uint32_t across[4][256];
static bool accelerated;

static void prepare(void) {
    accelerated = supported();
    uint64_t shift = kpipe_gf2_power(8ull * STREAM, CRC32C_POLYNOMIAL, 1ull << 31);
    for (int byte = 0; byte < 4; byte++)
        for (uint32_t n = 0; n < 256; n++)
            across[byte][n] =
                (uint32_t)kpipe_gf2_multiply((uint64_t)n << (8 * byte), shift, CRC32C_POLYNOMIAL, 1ull << 31);
}

static inline uint64_t move_across(uint64_t state) {
    return across[0][state & 0xff] ^ across[1][(state >> 8) & 0xff] ^ across[2][(state >> 16) & 0xff]
        ^ across[3][(state >> 24) & 0xff];
}

HARDWARE static uint32_t hardware(uint32_t crc, const uint8_t *p, size_t length) {
    uint64_t a = ~crc;
    for (; length >= 3 * STREAM; p += 3 * STREAM, length -= 3 * STREAM) {
        uint64_t b = 0, c = 0;
        for (size_t i = 0; i < STREAM; i += 8) {
            a = STEP8(a, load64(p + i));
            b = STEP8(b, load64(p + STREAM + i));
            c = STEP8(c, load64(p + 2 * STREAM + i));
        }
        a = move_across(move_across(a) ^ b) ^ c;
    }
    a = (uint32_t)a;
    for (; length >= 8; p += 8, length -= 8) a = STEP8(a, load64(p));
    for (; length > 0; p++, length--) a = STEP1(a, *p);
    return ~(uint32_t)a;
}
#endif

uint32_t kpipe_crc32c(uint32_t crc, const void *data, size_t length) {
#ifdef HARDWARE
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, prepare);
    if (accelerated) return hardware(crc, data, length);
#endif
    return kpipe_crc32c_portable(crc, data, length);
}
