import Basics
import HTTPTransport
import KubeModel
import Testing
import YAMLTree

@testable import KubeClient

@Suite struct APIRequestTests {
    private static let pod = ObjectKey(namespace: "n", name: "p")

    /// Method, path, query and body as one line.
    private func line(_ request: APIRequest) -> String {
        let query = request.query.map { "\($0.name)=\($0.value)" }.joined(separator: "&")
        let body = String(decoding: request.body, as: UTF8.self)
        return "\(request.method) \(request.path)\(query.isEmpty ? "" : "?\(query)")\(body.isEmpty ? "" : " \(body)")"
    }

    @Test func reads() {
        #expect(line(.get(.pods, Self.pod)) == "GET /api/v1/namespaces/n/pods/p")
        #expect(line(.get(.nodes, ObjectKey(name: "node"))) == "GET /api/v1/nodes/node")
        #expect(line(.get(.jobs, Self.pod, subresource: "status")) == "GET /apis/batch/v1/namespaces/n/jobs/p/status")
        #expect(line(.list(.leases)) == "GET /apis/coordination.k8s.io/v1/leases")
        var options = ListOptions()
        options.labelSelector = "a in (b)"
        options.fieldSelector = "status.phase!=Failed"
        options.limit = 500
        options.resourceVersion = "7"
        options.versionMatch = .exact
        #expect(
            line(.list(.pods, namespace: "n", options))
                == "GET /api/v1/namespaces/n/pods?labelSelector=a in (b)&fieldSelector=status.phase!=Failed&limit=500"
                + "&resourceVersion=7&resourceVersionMatch=Exact")
        #expect(
            line(.list(.pods, options.continued(with: "next")))
                == "GET /api/v1/pods?labelSelector=a in (b)&fieldSelector=status.phase!=Failed&limit=500&continue=next")
    }

    @Test func writes() {
        let body = Array("{}".utf8)
        #expect(
            line(
                .create(
                    .pods, namespace: "n", body: body,
                    WriteOptions(isDryRun: true, fieldValidation: .strict, fieldManager: "kpipe")))
                == "POST /api/v1/namespaces/n/pods?dryRun=All&fieldValidation=Strict&fieldManager=kpipe {}")
        #expect(
            line(.replace(.pods, Self.pod, subresource: "status", body: body))
                == "PUT /api/v1/namespaces/n/pods/p/status {}")
        #expect(
            line(.delete(.pods, Self.pod))
                == #"DELETE /api/v1/namespaces/n/pods/p {"kind":"DeleteOptions","apiVersion":"v1"}"#)
        #expect(
            line(
                .delete(
                    .jobs, Self.pod,
                    DeleteOptions(
                        gracePeriod: 0, propagation: .background,
                        preconditions: Preconditions(uid: "u", resourceVersion: "7"), isDryRun: true)))
                == #"DELETE /apis/batch/v1/namespaces/n/jobs/p {"kind":"DeleteOptions","apiVersion":"v1","#
                + #""gracePeriodSeconds":0,"propagationPolicy":"Background","#
                + #""preconditions":{"uid":"u","resourceVersion":"7"},"dryRun":["All"]}"#)
    }

    @Test(
        arguments: [
            (
                .json([
                    .test("/metadata/uid", "u"), .add("/metadata/labels/a", "b"), .replace("/spec/x", 1), .remove("/y"),
                ]), "application/json-patch+json",
                #"[{"op":"test","path":"/metadata/uid","value":"u"},{"op":"add","path":"/metadata/labels/a","value":"b"},"#
                    + #"{"op":"replace","path":"/spec/x","value":1},{"op":"remove","path":"/y"}]"#, false
            ),
            (.merge(["a": .null]), "application/merge-patch+json", #"{"a":null}"#, true),
            (
                .merge(["metadata": ["resourceVersion": "7"]]), "application/merge-patch+json",
                #"{"metadata":{"resourceVersion":"7"}}"#, false
            ),
            (.strategic(["a": 1]), "application/strategic-merge-patch+json", #"{"a":1}"#, false),
            (.apply(["a": 1], force: false), "application/apply-patch+yaml", #"{"a":1}"#, true),
        ] as [(Patch, String, String, Bool)])
    func patches(patch: Patch, type: String, body: String, isIdempotent: Bool) {
        let request = APIRequest.patch(.pods, Self.pod, patch)
        #expect(line(request) == "PATCH /api/v1/namespaces/n/pods/p " + body)
        #expect(request.headers["Content-Type"] == type)
        #expect(request.isIdempotent == isIdempotent)
    }

    @Test func appliesWithForce() {
        let request = APIRequest.patch(.pods, Self.pod, .apply([:], force: true), WriteOptions(fieldManager: "m"))
        #expect(line(request) == "PATCH /api/v1/namespaces/n/pods/p?fieldManager=m&force=true {}")
    }

    @Test func knowsWhatMayBeRepeated() {
        #expect(APIRequest.list(.pods).isIdempotent)
        #expect(!APIRequest.create(.pods, namespace: "n", body: []).isIdempotent)
        #expect(!APIRequest.replace(.pods, Self.pod, body: []).isIdempotent)
        #expect(!APIRequest.delete(.pods, Self.pod).isIdempotent)
        #expect(APIRequest.delete(.pods, Self.pod, DeleteOptions(preconditions: .init(uid: "u"))).isIdempotent)
    }

    @Test func reachesSubresources() {
        #expect(
            line(.proxy("POST", Self.pod, port: 15_020, path: "/quitquitquit"))
                == "POST /api/v1/namespaces/n/pods/p%3A15020/proxy/quitquitquit")
    }

    @Test func escapesNames() {
        let odd = ObjectKey(namespace: "../..", name: "a/b?c#d%e é")
        #expect(line(.get(.pods, odd)) == "GET /api/v1/namespaces/..%2F../pods/a%2Fb%3Fc%23d%25e%20%C3%A9")
    }

    @Test func escapesPointers() {
        #expect(Patch.Operation.pointer("metadata", "annotations", "a.b/c~d") == "/metadata/annotations/a.b~1c~0d")
    }

    @Test func asksForProtobufStreams() {
        let access = ClusterAccess(server: ServerAddress(host: "h", port: 1))
        func accept(_ query: [(name: String, value: String)]) -> String? {
            APIRequest("GET", "/api/v1/pods", query: query, accept: .protobuf).http(to: access, as: [:])
                .headers["Accept"]
        }
        #expect(accept([]) == "application/vnd.kubernetes.protobuf,application/json")
        #expect(
            accept([("watch", "true")])
                == "application/vnd.kubernetes.protobuf;stream=watch,application/json;stream=watch")
    }

    @Test func compressesWhereItPays() {
        let far = ClusterAccess(server: ServerAddress(host: "10.0.0.1", port: 1))
        var refusing = far
        refusing.allowsCompression = false
        let near = ClusterAccess(server: ServerAddress(host: "127.0.0.1", port: 1))
        let watch = APIRequest("GET", "/api/v1/pods", query: [("watch", "1")])
        #expect(APIRequest.list(.pods).http(to: far, as: [:]).coding == .gzip)
        #expect(APIRequest.list(.pods).http(to: refusing, as: [:]).coding == .identity)
        #expect(APIRequest.list(.pods).http(to: near, as: [:]).coding == .identity)
        #expect(watch.http(to: far, as: [:]).coding == .identity)
    }
}
