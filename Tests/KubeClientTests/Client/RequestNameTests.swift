import Testing

@testable import KubeClient

@Suite struct RequestNameTests {
    @Test(arguments: [
        ("GET", "/api/v1/namespaces/n/pods", "list pods/ n/"),
        ("GET", "/api/v1/namespaces/n/pods/p", "get pods/ n/p"),
        ("GET", "/api/v1/namespaces/n/pods/p/log", "get pods/log n/p"),
        ("GET", "/apis/batch/v1/jobs", "list jobs/ /"),
        ("GET", "/api/v1/namespaces/n", "get namespaces/ /n"),
        ("PUT", "/api/v1/namespaces/n/finalize", "update namespaces/finalize /n"),
        ("POST", "/apis/events.k8s.io/v1/namespaces/n/events", "create events/ n/"),
        ("PATCH", "/api/v1/namespaces/n/pods/p/status", "patch pods/status n/p"),
        ("DELETE", "/api/v1/nodes/x", "delete nodes/ /x"),
        ("DELETE", "/api/v1/namespaces/n/pods", "deletecollection pods/ n/"),
        ("GET", "/version", "get / /"),
        ("GET", "/apis/batch/v1", "get / /"),
        ("GET", "/", "get / /"),
    ])
    func readsPaths(method: String, path: String, expected: String) {
        let name = RequestName(APIRequest(method, path))
        #expect("\(name.verb) \(name.resource)/\(name.subresource) \(name.namespace)/\(name.name)" == expected)
    }

    @Test func knowsWatches() {
        #expect(RequestName(APIRequest("GET", "/api/v1/pods", query: [("watch", "true")])).verb == "watch")
    }
}
