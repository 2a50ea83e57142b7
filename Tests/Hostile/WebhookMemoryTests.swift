import Basics
import FakeKube
import Foundation
import TestSupport
import Testing
import YAMLTree

/// Whoever may create pods, or reaches the webhook's port, sends it what costs most to read: many at once, as large as may
/// be, and bodies that never end. All of it has to fit into what `render install` allows the webhook.
@Suite("Reviews that are meant to cost memory", .requires(.curl), .serialized) struct WebhookMemoryTests {
    /// What a body is full of.
    enum Filling: CaseIterable {
        /// A pod to be converted, with one long text; with very many short ones; with very many names.
        case text, texts, names
        /// No review at all: numbers, lists in lists, objects with one member, one object with very many.
        case numbers, lists, objects, members

        /// A body of some `size` bytes.
        func body(_ size: Int) -> [UInt8] {
            switch self {
            case .text: review(annotations: #""a":"\#(String(repeating: "x", count: size))""#)
            case .texts: review(arguments: repeated("\"\"", size))
            case .names: review(annotations: members(size))
            case .numbers: Array("[\(repeated("0", size))]".utf8)
            case .lists: Array("[\(repeated("[0]", size))]".utf8)
            case .objects: Array("[\(repeated(#"{"a":0}"#, size))]".utf8)
            case .members: Array("{\(members(size))}".utf8)
            }
        }

        private func repeated(_ element: String, _ size: Int) -> String {
            String(repeating: element + ",", count: size / (element.utf8.count + 1)) + element
        }

        private func members(_ size: Int) -> String {
            (0..<size / 13).map { "\"\($0 + 1_000_000)\":\"\"" }.joined(separator: ",")
        }

        private func review(annotations: String = "", arguments: String = "") -> [UInt8] {
            let marker = #"{"name":"KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT","value":"true"}"#
            return Array(
                """
                {"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u","operation":"CREATE",
                "kind":{"group":"","version":"v1","kind":"Pod"},"namespace":"team","object":{"apiVersion":"v1","kind":"Pod",
                "metadata":{"name":"step","annotations":{\(annotations)}},"spec":{"restartPolicy":"Never","containers":[
                {"name":"main","image":"busybox","args":[\(arguments)]},
                {"name":"logger","image":"busybox","env":[\(marker)]}]}}}}
                """.utf8)
        }
    }

    /// How many of what size come at once: more than is taken, as large as is taken, and as many as are decided about together.
    static let crowds = [(count: 24, size: 7_500_000), (count: 24, size: 3_900_000), (count: 64, size: 120_000)]

    @Test(arguments: crowds) func `however many come at once`(_ crowd: (count: Int, size: Int)) async throws {
        try await Webhook.run { webhook in
            for filling in Filling.allCases {
                let statuses = try await webhook.post(filling.body(crowd.size), times: crowd.count)
                #expect(statuses.count == crowd.count)
                // Decided or late, refused, too large, too much at once; and cut off where the machine is busy.
                let known: Set<Substring> = ["200", "400", "413", "503", "000"]
                #expect(Set(statuses).isSubset(of: known), "\(filling): \(Set(statuses))")
                try webhook.expectRoom("after \(filling)")
            }
        }
    }

    @Test func `and however slowly they come`() async throws {
        try await Webhook.run { webhook in
            _ = try await webhook.post(Filling.texts.body(3_900_000), times: 64, "--limit-rate", "500K")
        }
    }
}

/// The real webhook beside a fake API server.
private struct Webhook {
    private let process: ChildProcess
    private let port: Int
    private let folder: TemporaryFolder
    /// What `render install` allows the webhook's container, in bytes.
    private let limit: Int

    private static let namespace = "kpipe-system"

    /// Lets `body` do its worst; afterwards the webhook answers as before, and has not had half of its memory.
    static func run(_ body: (Webhook) async throws -> Void) async throws {
        let server = try await FakeAPIServer.start()
        server.update { api in
            api.addNamespace(namespace)
            api.place([
                "apiVersion": "v1", "kind": "Namespace",
                "metadata": ["name": "team", "labels": ["sidecar.k-pipe.cloud/convert": "enabled"]],
            ])
            api.place([
                "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration",
                "metadata": ["name": "kpipe-webhook"], "webhooks": [],
            ])
        }
        let folder = try TemporaryFolder("webhook")
        let ports = try freePorts(2)
        let kubeconfig = try folder.write(server.kubeconfig(namespace: namespace), to: "kubeconfig")
        let process = try ChildProcess(
            Product.sidecar.path,
            ["webhook", "--kubeconfig", kubeconfig, "--port", "\(ports[0])", "--status-port", "\(ports[1])"])
        defer { process.kill(group: true) }
        let webhook = Webhook(process: process, port: ports[0], folder: folder, limit: try await limit())
        try await eventually("a certificate") { try await webhook.converts() }
        try await body(webhook)
        try await eventually("answers as before") { try await webhook.converts() }
        try webhook.expectRoom("in the end")
    }

    func expectRoom(_ when: String) throws {
        let peak = try #require(process.peakMemory, "\(when): \(process.errorOutput.suffix(2000))")
        #expect(peak < limit / 2, "\(peak >> 20) of \(limit >> 20) MiB, \(when)")
    }

    /// The HTTP status of each; 000 where there is none.
    func post(_ body: [UInt8], times: Int, _ options: String...) async throws -> [Substring] {
        let file = try folder.write(body, to: "body")
        let arguments = [
            "--silent", "--insecure", "--parallel", "--parallel-immediate", "--parallel-max", "\(times)",
            "--header", "Content-Type: application/json", "--data-binary", "@\(file)", "--output", "/dev/null",
            "--write-out", "%{http_code}\n",
        ]
        let url = "https://127.0.0.1:\(port)/convert?[1-\(times)]"
        return try await TestSupport.run(Tool.curl.path ?? "curl", arguments + options + [url], limit: .seconds(120))
            .output.split(separator: "\n")
    }

    private func converts() async throws -> Bool {
        let review = try folder.write(WebhookMemoryTests.Filling.text.body(1), to: "small")
        let answer = try await TestSupport.run(
            Tool.curl.path ?? "curl",
            ["--silent", "--insecure", "--json", "@\(review)", "https://127.0.0.1:\(port)/convert"])
        return answer.output.contains(#""patchType":"JSONPatch""#)
    }

    private static func limit() async throws -> Int {
        let install = try await output(Product.sidecar.path, ["render", "install"])
        let containers = try YAMLNode.documents(in: Array(install.utf8)).compactMap {
            $0["spec"]?["template"]?["spec"]?["containers"]?[0]
        }
        let container = containers.first { $0["name"]?.text == "webhook" }
        let memory = try #require(container?["resources"]?["limits"]?["memory"]?.text)
        return try #require(Quantity(memory)).thousandths / 1000
    }
}
