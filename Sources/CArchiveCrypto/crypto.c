// libarchive's table of ciphers and digests, empty. The readers that we use (tar, zip and their filters) ask it only for
// encrypted zip entries, which nobody can open without a password that nobody gives; the checksums of formats are computed
// elsewhere. With these here the linker takes none of libarchive's own, and so no nettle, which is under the LGPL.
//
// The symbols are libarchive's internal ones (archive_digest.c, archive_hmac.c, archive_cryptor.c): tables of functions of
// different types, all of which return an int and are answered alike. `scripts/check` compares the sizes of the tables.

#include "CArchiveCrypto.h"

/// ARCHIVE_FAILED: this entry cannot be read; others can.
static int unsupported(void) { return -25; }

#define FOUR unsupported, unsupported, unsupported, unsupported

int (*const __archive_digest[CARCHIVE_DIGEST_FUNCTIONS])(void) = {FOUR, FOUR, FOUR, FOUR, unsupported, unsupported};
int (*const __archive_hmac[CARCHIVE_HMAC_FUNCTIONS])(void) = {FOUR};
int (*const __archive_cryptor[CARCHIVE_CRYPTOR_FUNCTIONS])(void) = {FOUR, unsupported, unsupported, unsupported};

/// The form whose writer wants libxml2. libarchive's list of forms names it, and so the linker would take it; nobody asks for it.
int archive_write_set_format_xar(void *archive);
int archive_write_set_format_xar(void *archive) {
    (void)archive;
    return -30; // ARCHIVE_FATAL
}
