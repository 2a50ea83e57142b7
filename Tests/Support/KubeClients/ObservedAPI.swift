internal import HTTPTransport
package import KubeClient
internal import KubeModel

/// Passes requests on, notes when streams were asked for, and may refuse to stream initial states as older servers do.
package final class ObservedAPI: KubeAPI {
    package struct Opening: Sendable {
        package var query: [String: String]
        package var time: ContinuousClock.Instant
    }

    private let api: any KubeAPI
    private let refusesStreams: Bool
    private let seen = Shared<[Opening]>([])

    package init(_ api: any KubeAPI, refusesStreams: Bool = false) {
        self.api = api
        self.refusesStreams = refusesStreams
    }

    package var openings: [Opening] { seen.value }

    /// How often the whole state was read.
    package var lists: Int {
        openings.count {
            $0.query["sendInitialEvents"] != nil || $0.query["watch"] == nil && $0.query["continue"] == nil
        }
    }

    package func send(_ request: APIRequest) async throws(KubeError) -> APIResponse { try await api.send(request) }

    package func open(_ request: APIRequest) async throws(KubeError) -> APIStream {
        let query = Dictionary(request.query.map { ($0.name, $0.value) }) { $1 }
        seen.change { $0.append(Opening(query: query, time: .now)) }
        if refusesStreams, query["sendInitialEvents"] != nil {
            throw FunctionAPI.refusal(422, "Invalid", of: request)
        }
        return try await api.open(request)
    }
}
