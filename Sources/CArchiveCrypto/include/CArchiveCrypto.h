// The number of functions in each of libarchive 3.6's tables.
#pragma once

#define CARCHIVE_DIGEST_FUNCTIONS 18
#define CARCHIVE_HMAC_FUNCTIONS 4
#define CARCHIVE_CRYPTOR_FUNCTIONS 7
