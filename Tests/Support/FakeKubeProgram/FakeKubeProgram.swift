import FakeKube
import Foundation
import TestSupport

/// `fake-kube [--pods N] [--node] [--tls] KUBECONFIG`: serves N pods alike until its standard input ends, and writes a
/// kubeconfig that leads there. With a node Jobs are run, see `LiveNode`.
@main struct FakeKubeProgram {
    static func main() async throws {
        var arguments = Array(CommandLine.arguments.dropFirst())
        var count = 0
        if let index = arguments.firstIndex(of: "--pods"), arguments.indices.contains(index + 1) {
            guard let number = Int(arguments[index + 1]), (0..<1_000_000).contains(number) else { usage() }
            count = number
            arguments.removeSubrange(index...index + 1)
        }
        let usesTLS = arguments.contains("--tls")
        let node = arguments.contains("--node") ? LiveNode() : nil
        arguments.removeAll { ["--tls", "--node"].contains($0) }
        guard arguments.count == 1, !arguments[0].hasPrefix("-") else { usage() }

        var api = FakeAPI()
        if count > 0 { api.fill(pods: count) }
        node?.join(&api)
        let certificates = usesTLS ? try await Certificates() : nil
        let server = try await FakeAPIServer.start(api, .init(certificates: certificates))
        try Data(server.kubeconfig().utf8).write(to: URL(filePath: arguments[0]), options: .atomic)
        FileHandle.standardOutput.write(Data("\(server.url)\n".utf8))
        let living = Task { await node?.run(in: server) }
        // On a thread of its own: reading blocks, and the node is to live meanwhile.
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                while readLine() != nil {}
                continuation.resume()
            }
        }
        living.cancel()
        await server.stop()
    }

    private static func usage() -> Never {
        FileHandle.standardError.write(Data("usage: fake-kube [--pods N] [--node] [--tls] KUBECONFIG\n".utf8))
        exit(64)
    }
}
