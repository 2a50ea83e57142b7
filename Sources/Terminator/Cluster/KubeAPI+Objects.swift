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
            throw KubeError(attempted: "GET \(request.path)", reason: .malformed("\(error)"))
        }
    }
}
