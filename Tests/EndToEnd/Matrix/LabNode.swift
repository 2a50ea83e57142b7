import Basics
import FakeKube
import Foundation
import TerminatorScenarios
import TestSupport
import Testing
import YAMLTree

/// The real node of `LAB_HOME`: its API server through kubectl, its container runtime through ctr.
struct LabNode {
    let kubeconfig: String
    let socket: String

    static var atHand: LabNode? {
        guard let kubeconfig = Lab.kubeconfig, let socket = Lab.runtimeSocket else { return nil }
        return LabNode(kubeconfig: kubeconfig, socket: socket)
    }

    /// Whether it is there and ready, and we may import images.
    static func isReady() async -> Bool {
        guard let node = atHand, let names = try? await node.names(), names.count == 1 else { return false }
        return (try? await node.runtime(["version"])) != nil
    }

    /// Of the nodes that are ready.
    func names() async throws -> [String] {
        let nodes = try await get("/api/v1/nodes")
        return (nodes["items"]?.array ?? []).filter { node in
            (node[path: ["status", "conditions"]]?.array ?? []).contains {
                $0["type"]?.string == "Ready" && $0["status"]?.string == "True"
            }
        }.compactMap { $0.text(at: "metadata.name") }
    }

    @discardableResult
    func kubectl(_ arguments: [String], input: String = "", limit: Duration = .seconds(60)) async throws -> String {
        try await output(
            Tool.kubectl.path ?? "kubectl", ["--kubeconfig", kubeconfig] + arguments, input: Array(input.utf8),
            limit: limit)
    }

    func get(_ path: String) async throws -> JSONValue {
        try JSONValue(parsing: await kubectl(["get", "--raw", path]))
    }

    func create(_ objects: [JSONValue]) async throws {
        try await kubectl(
            ["create", "-f", "-"], input: objects.map(\.text).joined(separator: "\n---\n"), limit: .seconds(120))
    }

    /// How its pods reach the API server's Service, `by address` and `by name`; asked once, of a pod. In a cluster without a
    /// proxy they do not.
    static let serviceReach = Task { (try? await LabNode.atHand?.askForServiceReach()) ?? [] }

    private func askForServiceReach() async throws -> Set<String> {
        let name = "kpipe-probe-\(UInt32.random(in: 0...99999))"
        let question = """
            nc -w 3 $KUBERNETES_SERVICE_HOST 443 < /dev/null && echo by address
            nslookup kubernetes.default.svc > /dev/null && nc -w 3 $KUBERNETES_SERVICE_HOST 443 < /dev/null && echo by name
            """
        try await kubectl([
            "run", name, "-n", "default", "--image=\(NodeTrial.image)", "--image-pull-policy=IfNotPresent",
            "--restart=Never", "--command", "--", "sh", "-c", question,
        ])
        let answer: Result<String, any Error>
        do {
            try await eventually("the end of \(name)", limit: .seconds(60)) {
                let phase = try await get("/api/v1/namespaces/default/pods/\(name)").text(at: "status.phase")
                return ["Succeeded", "Failed"].contains(phase)
            }
            answer = .success(try await kubectl(["logs", name, "-n", "default"]))
        } catch { answer = .failure(error) }
        try await kubectl(["delete", "pod", name, "-n", "default", "--wait=false"])
        return Set(try answer.get().split(separator: "\n").map(String.init))
    }

    @discardableResult
    func runtime(_ arguments: [String]) async throws -> String {
        try await output("ctr", ["--address", socket, "--namespace", "k8s.io"] + arguments, limit: .seconds(120))
    }

    /// Imports what is not there yet.
    func load(_ images: [TestImage]) async throws {
        let known = try await runtime(["images", "ls", "--quiet"]).split(separator: "\n").map(String.init)
        let folder = try TemporaryFolder("images")
        for image in images {
            if !known.contains(image.name) {
                try await runtime(["images", "import", await image.archive(in: folder)])
            }
            for name in image.otherNames where !known.contains(name) {
                try await runtime(["images", "tag", image.name, name])
            }
        }
    }
}

extension Trait where Self == ConditionTrait {
    /// Skips the suite, and says so, where there is no real node.
    static var requiresRealNode: Self {
        .enabled("needs kubectl, ctr, and a node that is ready in the cluster of LAB_HOME") { await LabNode.isReady() }
    }

    /// Skips the test, and says so, where pods are kept from the API server.
    static var requiresServices: Self {
        .enabled("the pods of LAB_HOME's cluster do not reach the API server by its Service: it has no proxy") {
            guard await LabNode.isReady() else { return false }
            return await LabNode.serviceReach.value.contains("by address")
        }
    }
}

/// The API server's process of a real cluster on this machine.
struct LabServer {
    private let node: LabNode
    private let pidFile: String
    private let log: String

    init(_ node: LabNode) throws {
        guard let home = Lab.home else { throw ProcessError(description: "there is no LAB_HOME") }
        self.node = node
        pidFile = "\(home)/apiserver.pid"
        log = "\(home)/apiserver.log"
    }

    /// Kills it, and starts another with the same arguments, which outlives this test.
    func restart() async throws {
        let script = """
            pid=$(cat "$0")
            mapfile -d '' -t command < "/proc/$pid/cmdline"
            program=$(readlink "/proc/$pid/exe")
            cd "/proc/$pid/cwd"
            nice=$(ps -o ni= -p "$pid")
            kill -KILL "$pid"
            while kill -0 "$pid" 2> /dev/null; do sleep 0.1; done
            setsid nice -n "$((nice - $(nice)))" "$program" "${command[@]:1}" >> "$1" 2>&1 < /dev/null &
            echo $! > "$0"
            """
        try await output("bash", ["-c", script, pidFile, log])
        try await eventually("the API server", limit: .seconds(120)) {
            (try? await node.kubectl(["get", "--raw", "/readyz"])) == "ok"
        }
    }
}

extension TestImage {
    /// Packs the image as an archive, by the script that packs the shipped ones.
    ///
    /// - Returns: its path.
    func archive(in folder: TemporaryFolder) async throws -> String {
        let label = name.replacing("/", with: "-").replacing(":", with: "-")
        let root = try folder.makeFolder(label)
        switch content {
        case .busybox:
            try await output("sh", ["-c", Self.busyboxLayout, "sh", root])
        case .sleepAlone:
            for path in ["sleep", "opt/agent/sleep"] {
                let target = URL(filePath: "\(root)/\(path)")
                try FileManager.default.createDirectory(
                    at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
                try FileManager.default.copyItem(at: URL(filePath: Self.busyboxPath), to: target)
            }
        case .exitAlone:
            let program = URL(filePath: try Product.sidecar.path).deletingLastPathComponent().path + "/kpipe-exit"
            try FileManager.default.copyItem(atPath: program, toPath: "\(root)/exit")
        case .exit, .exitOfOtherMachine:
            let programs = URL(filePath: try Product.sidecar.path).deletingLastPathComponent().path
            try await output(Repository.path("scripts/lib/exit-image-layout"), [programs, root])
            if content == .exitOfOtherMachine { try Self.markForOtherMachine("\(root)/exit") }
        }
        let archive = folder["\(label).tar"]
        try await output(Repository.path("scripts/lib/image-archive"), [name, root, archive] + entrypoint)
        return archive
    }

    /// Debian's busybox-static.
    static let busyboxPath = "/bin/busybox"

    /// elf(5): `e_machine` says for what it is; the kernel starts nothing that is for another (32-bit SPARC here).
    private static func markForOtherMachine(_ program: String) throws {
        let file = try FileHandle(forUpdating: URL(filePath: program))
        try file.seek(toOffset: 18)
        try file.write(contentsOf: [2, 0])
        try file.close()
    }

    private static let busyboxLayout = """
        mkdir -p "$1/bin" "$1/tmp" && chmod 1777 "$1/tmp" && cp \(busyboxPath) "$1/bin/busybox" &&
        for name in $(\(busyboxPath) --list | grep -vx busybox); do ln -s busybox "$1/bin/$name"; done
        """
}
