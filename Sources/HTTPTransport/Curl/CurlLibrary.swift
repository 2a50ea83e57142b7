import CCurl

/// What libcurl needs once in a process.
enum CurlLibrary {
    static let isReady: Bool = {
        ccurl_ignore_sigpipe()
        return curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
    }()
}
