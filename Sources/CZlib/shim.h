#pragma once
#include <zlib.h>

/// `deflateInit2` is a macro, which Swift does not see. 16 added to the window's bits asks for a gzip header.
static inline int czlib_begin_gzip(z_stream *stream, int level) {
    return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}

static inline int czlib_begin_gunzip(z_stream *stream) { return inflateInit2(stream, 15 + 16); }
