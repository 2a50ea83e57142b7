import CCurl
import Glibc

/// libcurl's easy handle: set up once for a client, then used for one exchange after the other.
final class EasyHandle {
    let raw: UnsafeMutableRawPointer
    /// The exchange that runs on it; its callbacks go there.
    private(set) var exchange: Exchange?
    private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    private var headers: UnsafeMutablePointer<curl_slist>?
    private var connectTo: UnsafeMutablePointer<curl_slist>?
    /// Milliseconds; 0 leaves it to the system.
    fileprivate let silentPeer: Int32

    /// `nil` where libcurl refuses it, as when memory or a TLS setting fails.
    init?(_ configuration: HTTPClientConfiguration) {
        silentPeer = max(0, Poller.milliseconds(configuration.silentPeer))
        guard let raw = curl_easy_init() else {
            errorText.deallocate()
            return nil
        }
        self.raw = raw
        errorText[0] = 0
        setUp(configuration)
    }

    deinit {
        curl_easy_cleanup(raw)
        curl_slist_free_all(headers)
        curl_slist_free_all(connectTo)
        errorText.deallocate()
    }

    static func of(_ easy: UnsafeMutableRawPointer) -> EasyHandle? {
        var context: UnsafeMutableRawPointer?
        ccurl_get_pointer(easy, CURLINFO_PRIVATE, &context)
        return context.map { Unmanaged<EasyHandle>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Hands on what libcurl has kept back. Anything but 0 has ended the transfer, without libcurl saying so again.
    func resume() -> UInt32 { curl_easy_pause(raw, 0).rawValue }

    /// Puts a request on the handle.
    func load(_ exchange: Exchange, version: Int, _ configuration: HTTPClientConfiguration) {
        self.exchange = exchange
        let plan = exchange.submission.plan
        let request = exchange.submission.request
        errorText[0] = 0
        string(CURLOPT_URL, plan.url)
        // Takes back what the last request set of method and body.
        long(CURLOPT_HTTPGET, 1)
        switch plan.payload {
        case .get: break
        case .head: long(CURLOPT_NOBODY, 1)
        case .upload(let length):
            long(CURLOPT_UPLOAD, 1)
            ccurl_set_offset(raw, CURLOPT_INFILESIZE_LARGE, curl_off_t(length ?? -1))
            // The buffer is allocated in full: no more of it than there is to send.
            long(CURLOPT_UPLOAD_BUFFERSIZE, Int(min(Int64(configuration.sendBuffer), max(length ?? .max, 16 << 10))))
        }
        string(CURLOPT_CUSTOMREQUEST, plan.method)
        replace(&headers, CURLOPT_HTTPHEADER, plan.headerLines)
        replace(&connectTo, CURLOPT_CONNECT_TO, plan.connectTo.map { [$0] } ?? [])
        long(CURLOPT_HTTP_VERSION, version)
        // Many requests at once share one connection instead of opening one each.
        long(CURLOPT_PIPEWAIT, request.version == .http1 ? 0 : 1)
        string(CURLOPT_ACCEPT_ENCODING, request.coding == .gzip ? "gzip" : nil)
        // libcurl divides this among the addresses of a host.
        long(
            CURLOPT_CONNECTTIMEOUT_MS,
            request.timeouts.connect.map { max(1, Int(Poller.milliseconds($0))) } ?? Int(Int32.max))
        string(CURLOPT_PROXY, configuration.unixSocket == nil ? plan.proxy : "")
        // What goes straight is decided already; without this libcurl would read the environment.
        string(CURLOPT_NOPROXY, "")
    }

    /// Ends the exchange's use of the handle and says how libcurl saw it end.
    func unload(code: UInt32) -> CurlOutcome {
        var connectStatus = 0
        var wireBytes: curl_off_t = 0
        ccurl_get_long(raw, CURLINFO_HTTP_CONNECTCODE, &connectStatus)
        ccurl_get_offset(raw, CURLINFO_SIZE_DOWNLOAD_T, &wireBytes)
        let secrets = exchange?.submission.plan.secrets ?? []
        exchange = nil
        guard code != 0 else {
            return CurlOutcome(code: code, message: "", connectStatus: connectStatus, wireBytes: Int64(wireBytes))
        }
        let text = errorText[0] != 0 ? String(cString: errorText) : String(cString: curl_easy_strerror(CURLcode(code)))
        return CurlOutcome(
            code: code, message: Redaction.scrub(text, secrets: secrets), connectStatus: connectStatus,
            wireBytes: Int64(wireBytes))
    }
}

extension EasyHandle {
    private func long(_ option: CURLoption, _ value: Int) { ccurl_set_long(raw, option, value) }

    private func string(_ option: CURLoption, _ value: String?) { ccurl_set_string(raw, option, value) }

    private func replace(
        _ list: inout UnsafeMutablePointer<curl_slist>?, _ option: CURLoption, _ lines: [String]
    ) {
        var new: UnsafeMutablePointer<curl_slist>?
        for line in lines {
            guard let longer = curl_slist_append(new, line) else { continue }
            new = longer
        }
        ccurl_set_list(raw, option, new)
        curl_slist_free_all(list)
        list = new
    }

    private func setUp(_ configuration: HTTPClientConfiguration) {
        let context = UnsafeRawPointer(Unmanaged.passUnretained(self).toOpaque())
        ccurl_set_pointer(raw, CURLOPT_PRIVATE, context)
        ccurl_set_pointer(raw, CURLOPT_ERRORBUFFER, errorText)
        ccurl_set_data_function(raw, CURLOPT_WRITEFUNCTION, bodyArrived)
        ccurl_set_pointer(raw, CURLOPT_WRITEDATA, context)
        ccurl_set_data_function(raw, CURLOPT_HEADERFUNCTION, headerArrived)
        ccurl_set_pointer(raw, CURLOPT_HEADERDATA, context)
        ccurl_set_data_function(raw, CURLOPT_READFUNCTION, bodyWanted)
        ccurl_set_pointer(raw, CURLOPT_READDATA, context)
        ccurl_set_seek_function(raw, bodyWantedAgain)
        ccurl_set_pointer(raw, CURLOPT_SEEKDATA, context)
        ccurl_set_ready_function(raw, connectionReady)
        ccurl_set_pointer(raw, CURLOPT_PREREQDATA, context)

        ccurl_set_open_socket_function(raw, openSocket)
        ccurl_set_pointer(raw, CURLOPT_OPENSOCKETDATA, context)

        long(CURLOPT_NOSIGNAL, 1)
        // Else giving up a slow name resolution would block the thread until it is through.
        long(CURLOPT_QUICK_EXIT, 1)
        long(CURLOPT_FOLLOWLOCATION, 0)
        long(CURLOPT_PATH_AS_IS, 1)
        string(CURLOPT_PROTOCOLS_STR, "http,https")
        string(CURLOPT_USERAGENT, configuration.userAgent)
        long(CURLOPT_BUFFERSIZE, configuration.receiveBuffer)
        long(CURLOPT_MAXAGE_CONN, Int(configuration.maximumIdle.components.seconds))
        long(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        long(CURLOPT_TCP_KEEPALIVE, 1)
        if let silence = configuration.silentPeer {
            // Three questions within the time after which the answer is due.
            let interval = max(1, Int(silence.components.seconds) / 3)
            long(CURLOPT_TCP_KEEPIDLE, interval)
            long(CURLOPT_TCP_KEEPINTVL, interval)
        }
        if let path = configuration.unixSocket { string(CURLOPT_UNIX_SOCKET_PATH, path) }
        setUp(configuration.tls)
    }

    private func setUp(_ tls: TLSConfiguration) {
        long(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        switch tls.trust {
        case .system: break
        case .pem(let bundle):
            blob(CURLOPT_CAINFO_BLOB, bundle)
            // Else the system's folder of certificates would be trusted beside these.
            string(CURLOPT_CAPATH, nil)
        case .file(let path):
            string(CURLOPT_CAINFO, path)
            string(CURLOPT_CAPATH, nil)
        case .nothingChecked:
            long(CURLOPT_SSL_VERIFYPEER, 0)
            long(CURLOPT_SSL_VERIFYHOST, 0)
        }
        if let identity = tls.identity {
            blob(CURLOPT_SSLCERT_BLOB, identity.certificate)
            blob(CURLOPT_SSLKEY_BLOB, identity.key)
        }
    }

    private func blob(_ option: CURLoption, _ bytes: [UInt8]) {
        _ = bytes.withUnsafeBytes { ccurl_set_blob(raw, option, $0.baseAddress, $0.count) }
    }
}

private func handle(_ context: UnsafeMutableRawPointer?) -> EasyHandle? {
    context.map { Unmanaged<EasyHandle>.fromOpaque($0).takeUnretainedValue() }
}

private func exchange(_ context: UnsafeMutableRawPointer?) -> Exchange? { handle(context)?.exchange }

private func bodyArrived(
    data: UnsafeMutablePointer<CChar>?, size: Int, count: Int, context: UnsafeMutableRawPointer?
) -> Int {
    guard size * count > 0 else { return 0 }
    switch exchange(context)?.take(UnsafeRawBufferPointer(start: data, count: size * count)) {
    case .taken: return size * count
    case .held: return Int(CURL_WRITEFUNC_PAUSE)
    case .stopped, nil: return 0
    }
}

private func headerArrived(
    data: UnsafeMutablePointer<CChar>?, size: Int, count: Int, context: UnsafeMutableRawPointer?
) -> Int {
    let line = String(decoding: UnsafeRawBufferPointer(start: data, count: size * count), as: UTF8.self)
    return exchange(context)?.headerLine(line) == true ? size * count : 0
}

private func bodyWanted(
    data: UnsafeMutablePointer<CChar>?, size: Int, count: Int, context: UnsafeMutableRawPointer?
) -> Int {
    switch exchange(context)?.fill(UnsafeMutableRawBufferPointer(start: data, count: size * count)) {
    case .filled(let count): return count
    case .end: return 0
    case .pause: return Int(CURL_READFUNC_PAUSE)
    case .fail, nil: return Int(CURL_READFUNC_ABORT)
    }
}

private func bodyWantedAgain(context: UnsafeMutableRawPointer?, offset: curl_off_t, origin: Int32) -> Int32 {
    guard offset == 0, origin == SEEK_SET, exchange(context)?.rewind() == true else { return CURL_SEEKFUNC_FAIL }
    return CURL_SEEKFUNC_OK
}

/// Not to be inherited by programs that the process starts, and not to wait for a peer that has gone.
private func openSocket(
    context: UnsafeMutableRawPointer?, purpose: curlsocktype, address: UnsafeMutablePointer<curl_sockaddr>?
) -> curl_socket_t {
    guard let address = address?.pointee, let handle = handle(context), handle.exchange?.mayConnect() == true else {
        return -1
    }
    let descriptor = socket(address.family, address.socktype | Int32(SOCK_CLOEXEC.rawValue), address.protocol)
    var silence = handle.silentPeer
    if silence > 0 {
        setsockopt(
            descriptor, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, &silence, socklen_t(MemoryLayout.size(ofValue: silence)))
    }
    return descriptor
}

private func connectionReady(
    context: UnsafeMutableRawPointer?, remote: UnsafeMutablePointer<CChar>?, local: UnsafeMutablePointer<CChar>?,
    remotePort: Int32, localPort: Int32
) -> Int32 {
    exchange(context)?.connected()
    return CURL_PREREQFUNC_OK
}
