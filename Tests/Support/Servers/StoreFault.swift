import Synchronization
import Testing

/// What befalls an exchange with a store, one of each kind that has been met.
package enum StoreFault: String, Sendable, CaseIterable, CustomTestStringConvertible {
    /// Nothing of the request counts.
    case reset, closed, slowDown, tooMany, internalError, badGateway, unavailable, requestTimeout
    /// A proxy's page, with a status that says nothing of it.
    case loginPage
    /// What was asked for is done, and the answer to it does not come, or in part.
    case lost, cut, cutByReset, stalled, emptied
    /// A bit of an object differs, or all of it comes instead of a range.
    case damaged, whole
    /// Other bytes than asked for.
    case otherRange
    /// Will not pass by itself.
    case forbidden, missing

    package var testDescription: String { rawValue }

    /// One that no request is made again for.
    package var isFinal: Bool { self == .forbidden || self == .missing }

    /// How `request` goes now; where this cannot befall it, as ever.
    package func steps(_ request: ServedStore.Request, of store: ServedStore) -> [ScriptedHTTPServer.Step] {
        switch self {
        case .reset: [.reset]
        case .closed: [.close]
        case .slowDown: refusal(503, "SlowDown", ["Retry-After: 0"], request)
        case .tooMany: refusal(429, "TooManyRequests", ["Retry-After: 0"], request)
        case .internalError: refusal(500, "InternalError", [], request)
        case .unavailable: refusal(503, "", [], request)
        case .requestTimeout: refusal(408, "RequestTimeout", ["Connection: close"], request) + [.close]
        case .badGateway: page(502, request)
        // To PUT many a web server answers with a page.
        case .loginPage:
            store.kind == .web && request.method == "PUT" ? store.answer(request).steps : page(200, request)
        case .forbidden: refusal(403, "AccessDenied", [], request)
        case .missing: refusal(404, "NoSuchKey", [], request)
        case .whole: store.answer(withoutRange(request)).steps
        case .lost, .cut, .cutByReset, .stalled, .damaged, .emptied, .otherRange:
            hurt(store.answer(request), to: request)
        }
    }

    /// What was done, with an answer that suffers on its way.
    private func hurt(_ whole: ScriptedAnswer, to request: ServedStore.Request) -> [ScriptedHTTPServer.Step] {
        var answer = whole
        let isObject = isObject(request, whole)
        switch self {
        case .lost: return [.reset]
        case .cut, .cutByReset, .stalled:
            guard request.method != "HEAD", !whole.body.isEmpty else { return whole.steps }
            answer.length = whole.body.count
            answer.body = Array(whole.body.prefix(whole.body.count / 2))
            let end: ScriptedHTTPServer.Step = self == .cut ? .close : self == .stalled ? .stall : .reset
            return answer.steps + [.delay(.milliseconds(2)), end]
        case .emptied where isObject: answer.body = []
        case .damaged where isObject && !whole.body.isEmpty: answer.body[whole.body.count / 2] ^= 1
        case .otherRange where isObject && whole.status == 206:
            answer.headers = whole.headers.map { line in
                line.lowercased().hasPrefix("content-range:")
                    ? "Content-Range: bytes 0-\(whole.body.count - 1)/99999999" : line
            }
        default: break
        }
        return answer.steps
    }

    private func withoutRange(_ request: ServedStore.Request) -> ServedStore.Request {
        var plain = request
        plain.headers.removeAll { ["range", "x-ms-range"].contains($0.name.lowercased()) }
        return plain
    }

    private func page(_ status: Int, _ request: ServedStore.Request) -> [ScriptedHTTPServer.Step] {
        let text = "<html><body>\(rawValue)</body></html>"
        return ScriptedAnswer(
            status, headers: ["Content-Type: text/html"], request.method == "HEAD" ? [] : Array(text.utf8),
            length: text.utf8.count
        ).steps
    }

    private func isObject(_ request: ServedStore.Request, _ answer: ScriptedAnswer) -> Bool {
        let isDocument = answer.headers.contains {
            $0.lowercased().hasPrefix("content-type:") && ($0.contains("xml") || $0.contains("json"))
        }
        return request.method == "GET" && answer.status < 300 && !isDocument
    }

    private func refusal(_ status: Int, _ code: String, _ headers: [String], _ request: ServedStore.Request)
        -> [ScriptedHTTPServer.Step]
    {
        let document = code.isEmpty ? "" : "<Error><Code>\(code)</Code></Error>"
        let isHead = request.method == "HEAD"
        return ScriptedAnswer(
            status, headers: headers + ["Content-Type: application/xml"], isHead ? [] : Array(document.utf8),
            length: document.utf8.count
        ).steps
    }
}

/// A socket in front of a store at which some requests go as `faults` say.
package final class FaultyStore: Sendable {
    private struct State {
        var random: SeededGenerator
        var struck: [String] = []
    }

    package let store: ServedStore
    private let state: Mutex<State>
    private let socket = Mutex<ScriptedHTTPServer?>(nil)

    /// - Parameter percent: of a hundred requests.
    package init(_ store: ServedStore, _ faults: [StoreFault], percent: Int = 5, seed: UInt64) throws {
        self.store = store
        state = Mutex(State(random: SeededGenerator(seed: seed)))
        let server = try ScriptedHTTPServer(remembers: false) { [weak self] request in
            guard let self else { return [.close] }
            return steps(request, draw(faults, percent, request))
        }
        socket.withLock { $0 = server }
    }

    package var url: String { socket.withLock { $0?.url ?? "" } }
    /// Requests that a fault befell.
    package var struck: [String] { state.withLock { $0.struck } }
    package func stop() { socket.withLock { $0?.stop() } }

    private func draw(_ faults: [StoreFault], _ percent: Int, _ request: ServedStore.Request) -> StoreFault? {
        state.withLock { state in
            guard Int.random(in: 0..<100, using: &state.random) < percent,
                let fault = faults.randomElement(using: &state.random)
            else { return nil }
            state.struck.append("\(request.method) \(request.target)")
            return fault
        }
    }

    private func steps(_ request: ServedStore.Request, _ fault: StoreFault?) -> [ScriptedHTTPServer.Step] {
        fault?.steps(request, of: store) ?? store.answer(request).steps
    }
}
