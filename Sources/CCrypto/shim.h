#pragma once
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

// What OpenSSL has only as macros or C varargs, which Swift cannot call.

/// A new key on the curve P-256, the caller's to free; NULL where there is none to be had.
static inline EVP_PKEY *ccrypto_new_p256_key(void) {
    return EVP_EC_gen("P-256");
}
/// Adds an extension in the form of openssl.cnf. `issuer` may be the certificate itself.
static inline int ccrypto_add_extension(X509 *certificate, X509 *issuer, int identifier, const char *value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, identifier, value);
    if (!extension) return 0;
    int added = X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    return added;
}
