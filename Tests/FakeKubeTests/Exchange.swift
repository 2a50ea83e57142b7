import Basics
import FakeKube
import HTTPTransport
import TestSupport
import YAMLTree

/// Requests to a Kubernetes API, whichever serves it.
struct Exchange: Sendable {
    private let url: String
    private let token: String
    private let client: HTTPClient

    init(_ server: some KubeServer, token: String? = nil) {
        url = server.url
        self.token = token ?? server.token
        let trust = server.authority.map(TLSConfiguration.Trust.file) ?? .system
        client = HTTPClient(HTTPClientConfiguration(tls: TLSConfiguration(trust: trust)))
    }

    func send(
        _ method: String, _ target: String, _ body: JSONValue? = nil, type: String = "application/json",
        headers: [String: String] = [:]
    ) async throws -> (status: Int, body: JSONValue) {
        let (head, bytes) = try await client.execute(request(method, target, body, type: type, headers: headers))
        return (head.status, (try? JSONValue(parsing: bytes)) ?? .string(String(decoding: bytes, as: UTF8.self)))
    }

    /// The body as it came.
    func bytes(_ target: String, headers: [String: String] = [:]) async throws -> [UInt8] {
        try await client.execute(request("GET", target, nil, type: "", headers: headers), upTo: 512 << 20).body
    }

    /// The events of a watch, until there are `count` or the stream ends.
    func events(_ target: String, _ count: Int, onOpen: () async throws -> Void = {}) async throws -> [JSONValue] {
        try await events(target, until: { $0.count >= count }, onOpen: onOpen)
    }

    func events(
        _ target: String, until isEnough: ([JSONValue]) -> Bool, onOpen: () async throws -> Void = {}
    ) async throws -> [JSONValue] {
        let (_, body) = try await client.stream(request("GET", target, nil, type: "", headers: [:]))
        try await onOpen()
        var events: [JSONValue] = []
        var line: [UInt8] = []
        for try await chunk in body {
            for byte in chunk {
                guard byte == UInt8(ascii: "\n") else {
                    line.append(byte)
                    continue
                }
                events.append(try JSONValue(parsing: line))
                line = []
                if isEnough(events) { return events }
            }
        }
        return events
    }

    private func request(
        _ method: String, _ target: String, _ body: JSONValue?, type: String, headers: [String: String]
    ) -> HTTPRequest {
        var all: HTTPHeaders = ["Authorization": "Bearer \(token)"]
        for (name, value) in headers { all[name] = value }
        if body != nil { all["Content-Type"] = type }
        return HTTPRequest(
            method, url + target, headers: all, body: body.map { .bytes(Array($0.text.utf8)) } ?? .none)
    }
}
