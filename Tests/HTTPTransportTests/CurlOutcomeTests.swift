import CCurl
import Testing

@testable import HTTPTransport

@Suite struct CurlOutcomeTests {
    @Test func theSystemsLibraryResolvesNamesOnThreadsAndSpeaksHTTP2() throws {
        let version = try #require(curl_version_info(CURLVERSION_TENTH)).pointee
        for feature in [CURL_VERSION_ASYNCHDNS, CURL_VERSION_HTTP2, CURL_VERSION_LIBZ, CURL_VERSION_UNIX_SOCKETS] {
            #expect(version.features & Int32(feature) != 0)
        }
        #expect(version.ares == nil)
    }

    @Test(
        arguments: [
            (CURLE_OK, ExchangeState.Phase.receiving, "", 0, nil),
            (CURLE_COULDNT_RESOLVE_HOST, .connecting, "", 0, .nameResolution),
            (CURLE_COULDNT_CONNECT, .connecting, "", 0, .connect),
            (CURLE_OPERATION_TIMEDOUT, .connecting, "", 0, .timeout("connect")),
            (CURLE_COULDNT_RESOLVE_PROXY, .connecting, "m", 0, .proxy("m")),
            (CURLE_RECV_ERROR, .connecting, "m", 407, .proxy("the proxy answered 407 to CONNECT")),
            (CURLE_RECV_ERROR, .connecting, "m", 200, .connect),
            (CURLE_SSL_CONNECT_ERROR, .connecting, "handshake failure", 0, .tls("handshake failure")),
            (CURLE_SSL_CONNECT_ERROR, .connecting, "Connection reset by peer", 0, .connect),
            (CURLE_PEER_FAILED_VERIFICATION, .connecting, "m", 0, .tls("m")),
            (CURLE_RECV_ERROR, .receiving, "m", 0, .connectionLost("m")),
            (
                CURLE_RECV_ERROR, .waiting, "tlsv13 alert certificate required", 0,
                .tls("tlsv13 alert certificate required")
            ),
            (
                CURLE_RECV_ERROR, .receiving, "sslv3 alert bad record mac", 0,
                .connectionLost("sslv3 alert bad record mac")
            ),
            (CURLE_SSL_CONNECT_ERROR, .connecting, "tlsv1 alert internal error", 0, .connect),
            (CURLE_GOT_NOTHING, .waiting, "m", 0, .connectionLost("m")),
            (CURLE_HTTP2_STREAM, .receiving, "m", 0, .connectionLost("m")),
            (CURLE_PARTIAL_FILE, .receiving, "m", 0, .bodyLength("m")),
            (CURLE_UNSUPPORTED_PROTOCOL, .waiting, "m", 0, .malformedResponse("m")),
            (CURLE_UNSUPPORTED_PROTOCOL, .connecting, "m", 0, .invalidRequest("m")),
            (CURLE_OUT_OF_MEMORY, .connecting, "m", 0, .other("m")),
            (CURLE_BAD_CONTENT_ENCODING, .receiving, "m", 0, .malformedResponse("m")),
        ] as [(CURLcode, ExchangeState.Phase, String, Int, TransportError.Reason?)])
    func codesBecomeReasons(
        code: CURLcode, phase: ExchangeState.Phase, message: String, connectStatus: Int, reason: TransportError.Reason?
    ) {
        let outcome = CurlOutcome(code: code.rawValue, message: message, connectStatus: connectStatus)
        #expect(outcome.failure(in: phase) == reason)
    }
}
