internal import Basics
internal import HTTPTransport
internal import KubeClient
internal import KubeModel

extension KubeAPI {
    /// A pod as it is now; `nil` where it does not exist.
    func pod(_ key: ObjectKey) async throws(KubeError) -> Pod? { try await object(.pods, key) }

    /// The metadata of an object of any kind; `nil` where it does not exist.
    func metadata(_ resource: APIResource, _ key: ObjectKey) async throws(KubeError) -> ObjectMeta? {
        let object: PartialObject? = try await object(resource, key)
        return object?.metadata
    }

    private func object<Object: WireObject>(
        _ resource: APIResource, _ key: ObjectKey
    ) async throws(KubeError) -> Object? {
        let request = APIRequest.get(resource, key)
        let answer: APIResponse
        do throws(KubeError) { answer = try await send(request) } catch {
            guard error.status?.code == 404 else { throw error }
            return nil
        }
        do throws(WireError) { return try Object(.json, in: answer.body.span) } catch {
            throw KubeError(attempted: "GET \(request.path)", error)
        }
    }
}

/// Times as `metav1.Time` is written.
enum KubeTimeText {
    /// `2026-11-21T03:45:00Z`.
    static func seconds(_ secondsSince1970: Int64) -> String {
        // Beyond the years that can be written the last or first of them.
        let time = CivilTime(secondsSince1970: min(max(secondsSince1970, -62_135_596_800), 253_402_300_799))
        func padded(_ number: Int64, _ digits: Int = 2) -> String {
            let text = String(number)
            return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
        }
        return "\(padded(time.year, 4))-\(padded(time.month))-\(padded(time.day))"
            + "T\(padded(time.hour)):\(padded(time.minute)):\(padded(time.second))Z"
    }
}
