internal import NIOCore
internal import NIOHTTP1

/// One caller: its requests are answered one after the other.
struct WebhookConnection {
    typealias Exchange = NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>
    typealias Writer = NIOAsyncChannelOutboundWriter<HTTPServerResponsePart>

    let limits: WebhookLimits
    let budget: ByteBudget
    /// No further request is taken after the one at hand.
    let isLeaving: @Sendable () -> Bool
    let answer: @Sendable (WebhookRequest) async -> WebhookResponse

    /// A request while its body comes in.
    private struct Gathering {
        var head: HTTPRequestHead
        var body = ByteBuffer()

        var request: WebhookRequest {
            WebhookRequest(
                method: head.method.rawValue, path: String(head.uri.prefix { $0 != "?" && $0 != "#" }),
                contentType: head.headers.first(name: "Content-Type") ?? "", body: Array(buffer: body))
        }

        /// What it says of its length, where that is too much.
        func exceeds(_ limit: Int) -> Bool {
            body.readableBytes > limit || (head.headers.first(name: "Content-Length").flatMap { Int($0) } ?? 0) > limit
        }
    }

    /// Until the caller or we have had enough.
    func serve(_ channel: Exchange) async {
        // A connection that breaks is its caller's business.
        try? await channel.executeThenClose { inbound, outbound in
            var gathering: Gathering?
            defer { budget.giveBack(gathering?.body.readableBytes ?? 0) }
            for try await part in inbound {
                switch part {
                case .head(let head):
                    gathering = Gathering(head: head)
                    if gathering?.exceeds(limits.body) == true { return try await refuse(outbound) }
                    if head.headers["Expect"].contains(where: { $0.lowercased() == "100-continue" }) {
                        try await outbound.write(.head(HTTPResponseHead(version: .http1_1, status: .continue)))
                    }
                case .body(var bytes):
                    guard budget.take(bytes.readableBytes) else { return try await postpone(outbound) }
                    gathering?.body.writeBuffer(&bytes)
                    if gathering?.exceeds(limits.body) == true { return try await refuse(outbound) }
                case .end:
                    guard let whole = gathering else { return }
                    let response = await answer(whole.request)
                    budget.giveBack(whole.body.readableBytes)
                    gathering = nil
                    let stays = whole.head.isKeepAlive && !isLeaving()
                    try await write(response, stays: stays, outbound)
                    guard stays else { return }
                }
            }
        }
    }

    private func refuse(_ outbound: Writer) async throws {
        try await write(.text("the body is larger than \(limits.body) bytes", status: 413), stays: false, outbound)
    }

    private func postpone(_ outbound: Writer) async throws {
        try await write(
            .text("too much at once; try again", status: 503, headers: ["Retry-After": "1"]), stays: false, outbound)
    }

    private func write(_ response: WebhookResponse, stays: Bool, _ outbound: Writer) async throws {
        var headers = HTTPHeaders([
            ("Content-Type", response.contentType), ("Content-Length", "\(response.body.count)"),
            ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"),
        ])
        for (name, value) in response.headers { headers.add(name: name, value: value) }
        if !stays { headers.add(name: "Connection", value: "close") }
        let status = HTTPResponseStatus(statusCode: response.status)
        try await outbound.write(.head(HTTPResponseHead(version: .http1_1, status: status, headers: headers)))
        try await outbound.write(.body(.byteBuffer(ByteBuffer(bytes: response.body))))
        try await outbound.write(.end(nil))
    }
}
